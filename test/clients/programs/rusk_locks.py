from redis.lock import Lock

Lock.LUA_RELEASE_SCRIPT = """
    if (redis.call('GET', KEYS[1]) !== ARGV[1]) return 0;
    redis.call('DEL', KEYS[1]);
    return 1;
"""
Lock.LUA_EXTEND_SCRIPT = """
    if (redis.call('GET', KEYS[1]) !== ARGV[1]) return 0;
    const left = redis.call('PTTL', KEYS[1]);
    if (left < 0) return 0;
    redis.call('PEXPIRE', KEYS[1], Number(ARGV[2]) + (ARGV[3] === '0' ? left : 0));
    return 1;
"""
Lock.LUA_REACQUIRE_SCRIPT = """
    if (redis.call('GET', KEYS[1]) !== ARGV[1]) return 0;
    redis.call('PEXPIRE', KEYS[1], ARGV[2]);
    return 1;
"""
