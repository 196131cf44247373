<?php
// A singleton collects what each request tells it.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->shown"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/app.php';

final class Statistics
{
    private array $shown = [];

    public function shown(int $id, string $page): void
    {
        $this->shown[] = ['id' => $id, 'page' => $page, 'at' => microtime(true)]; // @app
    }
}

$app = application(function ($router) {
    $router->get('/users/{id}', function (int $id, Illuminate\Http\Request $request) {
        app(Statistics::class)->shown($id, $request->query('page'));
        return ['id' => $id];
    });
});
$app->singleton(Statistics::class);
serve($app);
