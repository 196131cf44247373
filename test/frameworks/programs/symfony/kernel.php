<?php
// Symfony's HttpKernel with its router, behind a given dispatcher of events.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Symfony\Component\EventDispatcher\EventDispatcherInterface;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\HttpKernel\Controller\ArgumentResolver;
use Symfony\Component\HttpKernel\Controller\ControllerResolver;
use Symfony\Component\HttpKernel\EventListener\RouterListener;
use Symfony\Component\HttpKernel\HttpKernel;
use Symfony\Component\Routing\Matcher\UrlMatcher;
use Symfony\Component\Routing\RequestContext;
use Symfony\Component\Routing\Route;
use Symfony\Component\Routing\RouteCollection;

function kernel(EventDispatcherInterface $dispatcher, callable $controller): HttpKernel
{
    $routes = new RouteCollection();
    $routes->add('article', new Route('/articles/{id}', ['_controller' => $controller]));
    $stack = new RequestStack();
    $dispatcher->addSubscriber(new RouterListener(new UrlMatcher($routes, new RequestContext()), $stack));
    return new HttpKernel($dispatcher, new ControllerResolver(), $stack, new ArgumentResolver());
}

function handle(HttpKernel $kernel, int $number): void
{
    $request = Request::create("/articles/$number");
    $response = $kernel->handle($request);
    if ($response->getStatusCode() !== 200) {
        throw new RuntimeException($response->getContent());
    }
    $kernel->terminate($request, $response);
}

function serve(HttpKernel $kernel, int $pauseMicroseconds = 0): void
{
    for ($number = 1; measured(); $number++) {
        handle($kernel, $number);
        usleep($pauseMicroseconds);
    }
}
