<?php
// A page a turn from a compiled template.
// truth: {"loop": "render"}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Twig\Environment;
use Twig\Loader\ArrayLoader;

function render(Environment $twig, int $number): string
{
    return $twig->render('page', ['number' => $number, 'items' => ['a' => 1, 'b' => 2]]);
}

$twig = new Environment(new ArrayLoader([
    'layout' => '<html><title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}</html>',
    'page' => '{% extends "layout" %}{% block title %}Page {{ number|number_format }}{% endblock %}'
        . '{% block body %}{% for name, value in items %}<li>{{ name|upper }}: {{ value }}</li>{% endfor %}{% endblock %}',
]), ['cache' => folder('twig')]);
for ($number = 1; measured(); $number++) {
    render($twig, $number);
}
