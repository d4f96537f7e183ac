<?php
// What an application does with phpredis. Prints the name of each part that works.

function open(): Redis {
    global $argv;
    $redis = new Redis();
    $redis->connect('127.0.0.1', (int) $argv[1], 5.0);
    return $redis;
}

function same($got, $wanted): void {
    if ($got !== $wanted) {
        throw new Exception('got ' . var_export($got, true) . ', not ' . var_export($wanted, true));
    }
}

$redis = open();
$redis->flushAll();

function values(Redis $redis): void {
    same($redis->ping(), true);
    same($redis->info('server')['redis_version'], '7.0.15');
    $blob = implode('', array_map('chr', range(0, 255)));
    same($redis->set('größe', $blob, ['nx', 'ex' => 100]), true);
    same($redis->get('größe'), $blob);
    same($redis->ttl('größe'), 100);
    same($redis->hMSet('h', ['a' => 1, 'b' => 'zwei']), true);
    same($redis->hGetAll('h'), ['a' => '1', 'b' => 'zwei']);
    same($redis->zAdd('z', 1.5, 'x', 2, 'y'), 2);
    same($redis->zRange('z', 0, -1, true), ['x' => 1.5, 'y' => 2.0]);
    $found = [];
    $cursor = null;
    $redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
    while ($keys = $redis->scan($cursor, '?')) $found = array_merge($found, $keys);
    sort($found);
    same($found, ['h', 'z']);
    same($redis->incr('h'), false);
    same(str_starts_with($redis->getLastError(), 'WRONGTYPE Operation against a key'), true);
}

function pipelines(Redis $redis): void {
    $pipe = $redis->pipeline();
    for ($i = 0; $i < 1000; $i++) $pipe->set("k$i", $i)->incr("k$i");
    $replies = $pipe->exec();
    same(count($replies), 2000);
    same($replies[1999], 1000);
}

function transactions(Redis $redis): void {
    same($redis->multi()->set('t', 1)->incr('t')->get('t')->exec(), [true, 2, '2']);
    $redis->watch('t');
    open()->set('t', 5);
    same($redis->multi()->set('t', 6)->exec(), false);
    same($redis->get('t'), '5');
}

function messages(Redis $redis): void {
    // subscribe() returns only when its connection is closed: another process publishes.
    $code = '$redis = new Redis(); $redis->connect("127.0.0.1", (int) $argv[1]);'
        . 'while ($redis->publish("news", "hello") === 0) usleep(1000);';
    global $argv;
    $publisher = proc_open([PHP_BINARY, '-r', $code, '--', $argv[1]], [], $pipes);
    $seen = [];
    try {
        open()->subscribe(['news'], function ($listener, $channel, $message) use (&$seen) {
            $seen = [$channel, $message];
            $listener->close();
        });
    } catch (RedisException $error) {
        // Of the closed connection.
    }
    proc_close($publisher);
    same($seen, ['news', 'hello']);
}

function streams(Redis $redis): void {
    same($redis->xGroup('CREATE', 'jobs', 'workers', '0', true), true);
    $first = $redis->xAdd('jobs', '*', ['do' => 'this']);
    $second = $redis->xAdd('jobs', '*', ['do' => 'that']);
    $taken = $redis->xReadGroup('workers', 'ann', ['jobs' => '>'], 1);
    same($taken, ['jobs' => [$first => ['do' => 'this']]]);
    same($redis->xAck('jobs', 'workers', [$first]), 1);
    $taken = $redis->xReadGroup('workers', 'bob', ['jobs' => '>'], 1, 1000);
    same($taken, ['jobs' => [$second => ['do' => 'that']]]);
    same($redis->xPending('jobs', 'workers'), [1, $second, $second, [['bob', '1']]]);
    same($redis->xClaim('jobs', 'workers', 'ann', 0, [$second]), [$second => ['do' => 'that']]);
    same($redis->xInfo('GROUPS', 'jobs')[0]['last-delivered-id'], $second);
}

function scripts(Redis $redis): void {
    $add = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
    same($redis->eval($add, ['n', 2], 1), 2);
    same($redis->evalSha($redis->script('load', $add), ['n', 3], 1), 5);
    $library = "#!js name=lib\nredis.registerFunction('get', (keys) => redis.call('GET', keys[1]));";
    same($redis->rawCommand('FUNCTION', 'LOAD', 'REPLACE', $library), 'lib');
    same($redis->rawCommand('FCALL', 'get', 1, 'n'), '5');
}

foreach (['values', 'pipelines', 'transactions', 'messages', 'streams', 'scripts'] as $part) {
    $part($redis);
    echo "$part\n";
}
