<?php
// Requests that ask the database and answer in JSON.
// truth: {"loop": "handle"}
declare(strict_types=1);

require __DIR__ . '/app.php';

use Illuminate\Support\Facades\DB;

serve(application(function ($router) {
    $router->get('/users/{id}', fn (int $id) => ['user' => DB::table('users')->find($id)]);
}));
