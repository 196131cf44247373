<?php
// A Laravel application with a database in memory whose kernel handles request after request, as under Octane.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;

folder('bootstrap/cache');
folder('storage/framework/views');
putenv('APP_KEY=base64:' . base64_encode(str_repeat('k', 32)));
foreach (['DB_DATABASE=:memory:', 'SESSION_DRIVER=array', 'CACHE_STORE=array', 'LOG_CHANNEL=null'] as $setting) {
    putenv($setting);
}

/** @param Closure(Illuminate\Routing\Router): void $routes */
function application(Closure $routes): Application
{
    $app = Application::configure(dirname(folder('storage')))
        ->withRouting(fn () => $routes(app('router')))
        ->withMiddleware()
        ->withExceptions()
        ->create();
    $app->make(Kernel::class)->bootstrap();
    DB::statement('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)');
    DB::table('users')->insert(array_map(fn (int $n) => ['name' => "user $n"], range(1, 50)));
    return $app;
}

function handle(Kernel $kernel, int $number): void
{
    $request = Request::create('/users/' . $number % 50 + 1, 'GET', ['page' => "p$number"]);
    $response = $kernel->handle($request);
    if ($response->getStatusCode() !== 200) {
        throw new RuntimeException($response->getContent());
    }
    $kernel->terminate($request, $response);
}

function serve(Application $app): void
{
    $kernel = $app->make(Kernel::class);
    for ($number = 1; measured(); $number++) {
        handle($kernel, $number);
    }
}
