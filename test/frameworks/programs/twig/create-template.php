<?php
// A mailer that puts its data into the template's text: each mail is a template, and each template is a class.
// truth: {"loop": "render", "leak": {"app": "@app", "holders": ["compiled code", "->loadedTemplates"],
//   "line": {"file": "twig/twig/src/Environment.php", "has": "eval('"}}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Twig\Environment;
use Twig\Loader\ArrayLoader;

function render(Environment $twig, int $number): string
{
    $template = $twig->createTemplate("Dear customer $number, {{ name|upper }} has news for you."); // @app
    return $template->render(['name' => 'the shop']);
}

$twig = new Environment(new ArrayLoader());
for ($number = 1; measured(3000); $number++) {
    render($twig, $number);
    usleep(2000);
}
