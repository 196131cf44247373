<?php
// DB::enableQueryLog() was called once, while debugging; each query is kept.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->queryLog"],
//   "line": {"file": "laravel/framework/src/Illuminate/Database/Connection.php", "has": "$this->queryLog[] = compact("}}}
declare(strict_types=1);

require __DIR__ . '/app.php';

use Illuminate\Support\Facades\DB;

$app = application(function ($router) {
    $router->get('/users/{id}', function (int $id) {
        return ['user' => DB::table('users')->find($id)]; // @app
    });
});
DB::enableQueryLog();
serve($app);
