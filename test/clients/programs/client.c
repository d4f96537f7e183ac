/* What an application does with hiredis. Prints the name of each part that works. */
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisContext *open_connection(int port) {
    redisContext *context = redisConnect("127.0.0.1", port);
    if (context != NULL && !context->err) return context;
    fprintf(stderr, "cannot connect\n");
    exit(1);
}

/* Appends a reply to `out`, as words with brackets around lists. */
static void show(const redisReply *reply, char *out) {
    char *end = out + strlen(out);
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        sprintf(end, "%lld", reply->integer);
        break;
    case REDIS_REPLY_NIL:
        strcpy(end, "nil");
        break;
    case REDIS_REPLY_ARRAY:
        strcpy(end, "[");
        for (size_t i = 0; i < reply->elements; i++) {
            if (i > 0) strcat(out, " ");
            show(reply->element[i], out);
        }
        strcat(out, "]");
        break;
    default:
        strcpy(end, reply->str);
    }
}

static void expect(redisReply *reply, const char *wanted) {
    char got[4096] = "";
    if (reply == NULL) strcpy(got, "no reply");
    else show(reply, got);
    if (strcmp(got, wanted) != 0) {
        fprintf(stderr, "got %s, not %s\n", got, wanted);
        exit(1);
    }
    freeReplyObject(reply);
}

/* Sends a command and compares the reply. */
static void same(redisContext *context, const char *wanted, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    expect(redisvCommand(context, format, arguments), wanted);
    va_end(arguments);
}

/* Reads one more reply, or a message. */
static void next(redisContext *context, const char *wanted) {
    void *reply = NULL;
    redisGetReply(context, &reply);
    expect(reply, wanted);
}

static void values(redisContext *it) {
    char blob[256];
    for (int i = 0; i < 256; i++) blob[i] = (char)i;
    same(it, "PONG", "PING");
    same(it, "OK", "SET blob %b EX 100", blob, sizeof blob);
    redisReply *reply = redisCommand(it, "GET blob");
    if (reply->len != sizeof blob || memcmp(reply->str, blob, sizeof blob) != 0) exit(1);
    freeReplyObject(reply);
    same(it, "100", "TTL blob");
    same(it, "2", "HSET h a 1 b zwei");
    same(it, "[a 1 b zwei]", "HGETALL h");
    same(it, "nil", "GET nosuch");
    same(it, "WRONGTYPE Operation against a key holding the wrong kind of value", "INCR h");
}

static void pipelines(redisContext *it) {
    for (int i = 0; i < 1000; i++) redisAppendCommand(it, "INCR counter");
    for (int i = 1; i <= 1000; i++) {
        char wanted[16];
        sprintf(wanted, "%d", i);
        next(it, wanted);
    }
}

static void transactions(redisContext *it, redisContext *other) {
    same(it, "OK", "MULTI");
    same(it, "QUEUED", "SET t 1");
    same(it, "QUEUED", "INCR t");
    same(it, "[OK 2]", "EXEC");
    same(it, "OK", "WATCH t");
    same(other, "OK", "SET t 5");
    same(it, "OK", "MULTI");
    same(it, "QUEUED", "SET t 6");
    same(it, "nil", "EXEC");
}

static void messages(redisContext *it, redisContext *listener) {
    same(listener, "[subscribe news 1]", "SUBSCRIBE news");
    same(it, "1", "PUBLISH news hello");
    next(listener, "[message news hello]");
    same(listener, "[unsubscribe news 0]", "UNSUBSCRIBE news");
}

static void streams(redisContext *it) {
    same(it, "OK", "XGROUP CREATE jobs workers 0 MKSTREAM");
    same(it, "1-1", "XADD jobs 1-1 do this");
    same(it, "1-2", "XADD jobs 1-2 do that");
    same(it, "[[jobs [[1-1 [do this]]]]]", "XREADGROUP GROUP workers ann COUNT 1 STREAMS jobs >");
    same(it, "1", "XACK jobs workers 1-1");
    same(it, "[[jobs [[1-2 [do that]]]]]", "XREADGROUP GROUP workers bob BLOCK 9 STREAMS jobs >");
    same(it, "[1 1-2 1-2 [[bob 1]]]", "XPENDING jobs workers");
    same(it, "[0-0 [[1-2 [do that]]] []]", "XAUTOCLAIM jobs workers ann 0 0");
}

static void scripts(redisContext *it) {
    same(it, "[1 two [3 nil]]", "EVAL %s 0", "return [1, 'two', [3, null]]");
    same(it, "2", "EVAL %s 1 n 2", "return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const char *library =
        "#!js name=lib\nredis.registerFunction('get', (keys) => redis.call('GET', keys[1]));";
    same(it, "lib", "FUNCTION LOAD REPLACE %s", library);
    same(it, "2", "FCALL get 1 n");
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    redisContext *it = open_connection(atoi(arguments[1]));
    redisContext *other = open_connection(atoi(arguments[1]));
    same(it, "OK", "FLUSHALL");
    values(it), puts("values");
    pipelines(it), puts("pipelines");
    transactions(it, other), puts("transactions");
    messages(it, other), puts("messages");
    streams(it), puts("streams");
    scripts(it), puts("scripts");
    return 0;
}
