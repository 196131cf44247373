<?php
// Each request listens to an event anew; the dispatcher outlives the request.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->listeners"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/app.php';

use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Event;

serve(application(function ($router) {
    $router->get('/users/{id}', function (int $id) {
        Event::listen('user.shown', fn ($event) => $event . $id); // @app
        return ['user' => DB::table('users')->find($id)];
    });
}));
