# What an application does with redis-py. Prints the name of each part that works.
import sys

import redis
import rusk_locks  # noqa: F401: puts scripts in JavaScript in the place of Lua

server = redis.Redis(port=int(sys.argv[1]))
text = redis.Redis(port=int(sys.argv[1]), decode_responses=True)


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, not {wanted!r}")


def refused(error, call):
    try:
        call()
    except error as it:
        return str(it)
    raise AssertionError("was not refused")


def values():
    same(server.ping(), True)
    same(server.info("server")["redis_version"], "7.0.15")
    blob = bytes(range(256))
    server.set("größe", blob, ex=100)
    same(server.get("größe"), blob)
    same(text.ttl("größe"), 100)
    same(text.hset("h", mapping={"a": 1, "b": "zwei"}), 2)
    same(text.hgetall("h"), {"a": "1", "b": "zwei"})
    same(text.zadd("z", {"x": 1.5, "y": 2}), 2)
    same(text.zrange("z", 0, -1, withscores=True), [("x", 1.5), ("y", 2.0)])
    same(text.sadd("s", 1, 2), 2)
    same(text.smembers("s"), {"1", "2"})
    same(sorted(text.scan_iter(match="?")), ["h", "s", "z"])
    message = refused(redis.ResponseError, lambda: text.incr("h"))
    same(message, "WRONGTYPE Operation against a key holding the wrong kind of value")


def pipelines():
    pipe = text.pipeline(transaction=False)
    for i in range(1000):
        pipe.set(f"k{i}", i).incr(f"k{i}")
    same(pipe.execute()[1::2], list(range(1, 1001)))


def transactions():
    same(text.pipeline().set("t", 1).incr("t").get("t").execute(), [True, 2, "2"])
    pipe = text.pipeline()
    pipe.watch("t")
    text.set("t", 5)
    pipe.multi()
    pipe.set("t", 6)
    refused(redis.WatchError, pipe.execute)
    queue = lambda pipe: (pipe.multi(), pipe.incr("t"))
    same(text.transaction(queue, "t"), [6])


def messages():
    channels = text.pubsub()
    channels.subscribe("news")
    channels.psubscribe("n*")
    seen = [channels.get_message(timeout=5) for _ in range(2)]
    same([it["type"] for it in seen], ["subscribe", "psubscribe"])
    same(text.publish("news", "hello"), 2)
    seen = [channels.get_message(timeout=5) for _ in range(2)]
    same([(it["type"], it["data"]) for it in seen], [("message", "hello"), ("pmessage", "hello")])
    channels.close()


def streams():
    same(text.xgroup_create("jobs", "workers", id="0", mkstream=True), True)
    first = text.xadd("jobs", {"do": "this"})
    text.xadd("jobs", {"do": "that"})
    taken = text.xreadgroup("workers", "ann", {"jobs": ">"}, count=1)
    same(taken, [["jobs", [(first, {"do": "this"})]]])
    same(text.xack("jobs", "workers", first), 1)
    (_, ((second, fields),)), = text.xreadgroup("workers", "bob", {"jobs": ">"}, block=1000)
    same(fields, {"do": "that"})
    pending = text.xpending("jobs", "workers")
    same((pending["pending"], pending["min"]), (1, second))
    same(text.xautoclaim("jobs", "workers", "ann", 0)[1], [(second, {"do": "that"})])
    same(text.xinfo_groups("jobs")[0]["last-delivered-id"], second)


def scripts():
    add = text.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    same([add(keys=["n"], args=[2]), add(keys=["n"], args=[3])], [2, 5])
    text.script_flush()
    same(add(keys=["n"], args=[4]), 9)
    library = "#!js name=lib\nredis.registerFunction('get', (keys) => redis.call('GET', keys[1]));"
    same(text.function_load(library, replace=True), "lib")
    same(text.fcall("get", 1, "n"), "9")
    lock = text.lock("lock", timeout=10)
    same((lock.acquire(), text.lock("lock").acquire(blocking=False)), (True, False))
    lock.extend(5)
    same(text.ttl("lock"), 15)
    lock.extend(7, replace_ttl=True)
    same(text.ttl("lock"), 7)
    lock.reacquire()
    same(text.ttl("lock"), 10)
    lock.release()
    same(text.exists("lock"), 0)


server.flushall()
for part in [values, pipelines, transactions, messages, streams, scripts]:
    part()
    print(part.__name__)
