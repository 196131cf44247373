<?php
// The router of a little site for `php -S`: each request keeps memory in statics, which PHP drops when the request ends.
declare(strict_types=1);

final class Session
{
    public static array $visits = [];
}

for ($i = 0; $i < 50; $i++) {
    Session::$visits[] = str_repeat("visit $i ", 100);
}
echo 'visits: ', count(Session::$visits), "\n";
