# What an application does with redis-rb. Prints the name of each part that works.
require "redis"

PORT = ARGV[0].to_i

def open = Redis.new(port: PORT)

def same(got, wanted)
  raise "got #{got.inspect}, not #{wanted.inspect}" unless got == wanted
end

def values(redis)
  same redis.ping, "PONG"
  same redis.info("server")["redis_version"], "7.0.15"
  blob = (0..255).map(&:chr).join.b
  same redis.set("größe", blob, ex: 100, nx: true), true
  same redis.get("größe").b, blob
  same redis.ttl("größe"), 100
  same redis.hset("h", { "a" => 1, "b" => "zwei" }), 2
  same redis.hgetall("h"), { "a" => "1", "b" => "zwei" }
  same redis.zadd("z", [[1.5, "x"], [2, "y"]]), 2
  same redis.zrange("z", 0, -1, with_scores: true), [["x", 1.5], ["y", 2.0]]
  same redis.scan_each(match: "?").to_a.sort, %w[h z]
  begin
    redis.incr("h")
    raise "was not refused"
  rescue Redis::CommandError => e
    same e.message, "WRONGTYPE Operation against a key holding the wrong kind of value"
  end
end

def pipelines(redis)
  replies = redis.pipelined do |pipe|
    1000.times do |i|
      pipe.set("k#{i}", i)
      pipe.incr("k#{i}")
    end
  end
  same replies.length, 2000
  same replies.last, 1000
end

def transactions(redis)
  replies = redis.multi do |multi|
    multi.set("t", 1)
    multi.incr("t")
    multi.get("t")
  end
  same replies, ["OK", 2, "2"]
  lost = redis.watch("t") do
    open.set("t", 5)
    redis.multi { |multi| multi.set("t", 6) }
  end
  same lost, nil
  same redis.get("t"), "5"
end

def messages(redis)
  seen = []
  open.subscribe_with_timeout(5, "news") do |on|
    on.subscribe { redis.publish("news", "hello") }
    on.message do |channel, message|
      seen << [channel, message]
      raise StopIteration
    end
  end
rescue StopIteration
  same seen, [%w[news hello]]
end

def streams(redis)
  same redis.xgroup(:create, "jobs", "workers", "0", mkstream: true), "OK"
  first = redis.xadd("jobs", { "do" => "this" })
  second = redis.xadd("jobs", { "do" => "that" })
  taken = redis.xreadgroup("workers", "ann", "jobs", ">", count: 1)
  same taken, { "jobs" => [[first, { "do" => "this" }]] }
  same redis.xack("jobs", "workers", first), 1
  taken = redis.xreadgroup("workers", "bob", "jobs", ">", block: 1000)
  same taken, { "jobs" => [[second, { "do" => "that" }]] }
  same redis.xpending("jobs", "workers")["consumers"], { "bob" => "1" }
  same redis.xautoclaim("jobs", "workers", "ann", 0, "0-0")["entries"].map(&:first), [second]
  same redis.xinfo(:groups, "jobs")[0]["last-delivered-id"], second
end

def scripts(redis)
  add = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
  same redis.eval(add, keys: ["n"], argv: [2]), 2
  same redis.evalsha(redis.script(:load, add), keys: ["n"], argv: [3]), 5
  library = "#!js name=lib\nredis.registerFunction('get', (keys) => redis.call('GET', keys[1]));"
  same redis.call("FUNCTION", "LOAD", "REPLACE", library), "lib"
  same redis.call("FCALL", "get", 1, "n"), "5"
end

redis = open
redis.flushall
%i[values pipelines transactions messages streams scripts].each do |part|
  send(part, redis)
  puts part
end
