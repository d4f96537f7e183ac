# Made by packaging/pages/completions.ts.
_rusk() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=
  COMPREPLY=()
  case $before in
    --protected-mode) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --tls-auth-clients) COMPREPLY=($(compgen -W 'no yes optional' -- "$word")); return ;;
    --tls-replication) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --tls-cluster) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --tls-prefer-server-ciphers) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --tls-session-caching) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --daemonize) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --supervised) COMPREPLY=($(compgen -W 'upstart systemd auto no' -- "$word")); return ;;
    --loglevel) COMPREPLY=($(compgen -W 'debug verbose notice warning' -- "$word")); return ;;
    --syslog-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --crash-log-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --crash-memcheck-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --hide-user-data-from-log) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --always-show-logo) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --set-proc-title) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --dynamic-hz) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --disable-thp) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --jemalloc-bg-thread) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --stop-writes-on-bgsave-error) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --rdbcompression) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --rdbchecksum) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --sanitize-dump-payload) COMPREPLY=($(compgen -W 'no yes clients' -- "$word")); return ;;
    --rdb-del-sync-files) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --rdb-save-incremental-fsync) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --replica-serve-stale-data) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --replica-read-only) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --replica-lazy-flush) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --replica-ignore-maxmemory) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --replica-ignore-disk-write-errors) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --replica-announced) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --repl-diskless-sync) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --repl-diskless-load) COMPREPLY=($(compgen -W 'disabled on-empty-db swapdb' -- "$word")); return ;;
    --repl-disable-tcp-nodelay) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --propagation-error-behavior) COMPREPLY=($(compgen -W 'ignore panic panic-on-replicas' -- "$word")); return ;;
    --acl-pubsub-default) COMPREPLY=($(compgen -W 'allchannels resetchannels' -- "$word")); return ;;
    --enable-protected-configs) COMPREPLY=($(compgen -W 'no yes local' -- "$word")); return ;;
    --enable-debug-command) COMPREPLY=($(compgen -W 'no yes local' -- "$word")); return ;;
    --enable-module-command) COMPREPLY=($(compgen -W 'no yes local' -- "$word")); return ;;
    --maxmemory-policy) COMPREPLY=($(compgen -W 'volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction' -- "$word")); return ;;
    --activerehashing) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --activedefrag) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --lazyfree-lazy-eviction) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --lazyfree-lazy-expire) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --lazyfree-lazy-server-del) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --lazyfree-lazy-user-del) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --lazyfree-lazy-user-flush) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --io-threads-do-reads) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --oom-score-adj) COMPREPLY=($(compgen -W 'no yes relative absolute' -- "$word")); return ;;
    --appendonly) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --appendfsync) COMPREPLY=($(compgen -W 'everysec always no' -- "$word")); return ;;
    --no-appendfsync-on-rewrite) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --aof-load-truncated) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --aof-use-rdb-preamble) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --aof-timestamp-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --aof-disable-auto-gc) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --aof-rewrite-incremental-fsync) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-enabled) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-allow-replica-migration) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-require-full-coverage) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-replica-no-failover) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-allow-reads-when-down) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-allow-pubsubshard-when-down) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --cluster-preferred-endpoint-type) COMPREPLY=($(compgen -W 'ip hostname unknown-endpoint' -- "$word")); return ;;
    --latency-tracking) COMPREPLY=($(compgen -W 'yes no' -- "$word")); return ;;
    --format) COMPREPLY=($(compgen -W 'rdb json msgpack' -- "$word")); return ;;
    --unixsocket|--tls-cert-file|--tls-key-file|--tls-client-cert-file|--tls-client-key-file|--tls-dh-params-file|--tls-ca-cert-file|--tls-ca-cert-dir|--pidfile|--logfile|--dir|--aclfile|-s|--cacert|--cacertdir|--cert|--key|--rdb|--functions-rdb|--eval)
      COMPREPLY=($(compgen -f -- "$word")); return ;;
    --test-memory|--bind|--bind-source-addr|--port|--tcp-backlog|--unixsocketperm|--timeout|--tcp-keepalive|--socket-mark-id|--metrics-port|--metrics-bind|--tls-port|--tls-key-file-pass|--tls-client-key-file-pass|--tls-protocols|--tls-ciphers|--tls-ciphersuites|--tls-session-cache-size|--tls-session-cache-timeout|--syslog-ident|--syslog-facility|--databases|--proc-title-template|--hz|--ignore-warnings|--save|--dbfilename|--replicaof|--masterauth|--masteruser|--replica-priority|--replica-announce-ip|--replica-announce-port|--repl-diskless-sync-delay|--repl-diskless-sync-max-replicas|--repl-ping-replica-period|--repl-timeout|--repl-backlog-size|--repl-backlog-ttl|--min-replicas-to-write|--min-replicas-max-lag|--requirepass|--acllog-max-len|--maxclients|--client-query-buffer-limit|--client-output-buffer-limit|--proto-max-bulk-len|--tracking-table-max-keys|--maxmemory|--maxmemory-samples|--maxmemory-eviction-tenacity|--maxmemory-clients|--active-expire-effort|--lfu-log-factor|--lfu-decay-time|--active-defrag-ignore-bytes|--active-defrag-threshold-lower|--active-defrag-threshold-upper|--active-defrag-cycle-min|--active-defrag-cycle-max|--active-defrag-max-scan-fields|--io-threads|--server_cpulist|--bio_cpulist|--aof_rewrite_cpulist|--bgsave_cpulist|--oom-score-adj-values|--appendfilename|--appenddirname|--auto-aof-rewrite-percentage|--auto-aof-rewrite-min-size|--shutdown-timeout|--shutdown-on-sigint|--shutdown-on-sigterm|--busy-reply-threshold|--script-time-limit|--script-memory-limit|--script-undo-limit|--cluster-config-file|--cluster-node-timeout|--cluster-port|--cluster-replica-validity-factor|--cluster-migration-barrier|--cluster-link-sendbuf-limit|--cluster-announce-hostname|--cluster-announce-ip|--cluster-announce-port|--cluster-announce-tls-port|--cluster-announce-bus-port|--slowlog-log-slower-than|--slowlog-max-len|--latency-monitor-threshold|--latency-tracking-info-percentiles|--notify-keyspace-events|--hash-max-listpack-entries|--hash-max-listpack-value|--list-max-listpack-size|--list-compress-depth|--set-max-intset-entries|--set-max-listpack-entries|--set-max-listpack-value|--zset-max-listpack-entries|--zset-max-listpack-value|--hll-sparse-max-bytes|--stream-node-max-bytes|--stream-node-max-entries|-h|-p|-a|--pass|--user|-u|-n|-r|-i|-X|-d|-D|--show-pushes|--sni|--memkeys-samples|--pattern|--quoted-pattern|--pipe-timeout|--intrinsic-latency|--lru-test|--dbnum|-c|-P|-k|-t|--threads|--precision|--truncate-to-timestamp)
      return ;;
  esac
  case ${COMP_WORDS[1]} in
    cli) options='-h -p -s -a --pass --user --askpass --no-auth-warning -u -n -2 -3 -c -r -i -x -X -e --quoted-input --raw --no-raw --csv --json --quoted-json -d -D --show-pushes --verbose --tls --sni --cacert --cacertdir --insecure --cert --key --tls-ciphers --tls-ciphersuites --stat --bigkeys --memkeys --memkeys-samples --hotkeys --scan --pattern --quoted-pattern --pipe --pipe-timeout --latency --latency-history --latency-dist --intrinsic-latency --rdb --functions-rdb --replica --slave --eval --ldb --ldb-sync-mode --lru-test --cluster --help -v --version' ;;
    benchmark) options='-h -p -s -a --user -u --dbnum -3 --enable-tracking -c -n -d -P -r -k -t -l -I -x --threads -e --cluster -q --csv --precision --help -v --version --tls --sni --cacert --cacertdir --insecure --cert --key --tls-ciphers --tls-ciphersuites' ;;
    export) options='--format --force --incomplete -h --help --dir --dbfilename' ;;
    import) options='--force --incomplete -h --help --dir --dbfilename' ;;
    check-snapshot) options='-h --help --dir --dbfilename' ;;
    check-aof) options='--fix --truncate-to-timestamp -h --help --dir --dbfilename' ;;
    script-check) options='-h --help' ;;
    *) options='- -v --version -h --help --test-memory --check-system --bind --bind-source-addr --protected-mode --port --tcp-backlog --unixsocket --unixsocketperm --timeout --tcp-keepalive --socket-mark-id --metrics-port --metrics-bind --tls-port --tls-cert-file --tls-key-file --tls-key-file-pass --tls-client-cert-file --tls-client-key-file --tls-client-key-file-pass --tls-dh-params-file --tls-ca-cert-file --tls-ca-cert-dir --tls-auth-clients --tls-replication --tls-cluster --tls-protocols --tls-ciphers --tls-ciphersuites --tls-prefer-server-ciphers --tls-session-caching --tls-session-cache-size --tls-session-cache-timeout --daemonize --supervised --pidfile --loglevel --logfile --syslog-enabled --syslog-ident --syslog-facility --crash-log-enabled --crash-memcheck-enabled --hide-user-data-from-log --databases --always-show-logo --set-proc-title --proc-title-template --dir --hz --dynamic-hz --ignore-warnings --disable-thp --jemalloc-bg-thread --save --stop-writes-on-bgsave-error --rdbcompression --rdbchecksum --sanitize-dump-payload --dbfilename --rdb-del-sync-files --rdb-save-incremental-fsync --replicaof --masterauth --masteruser --replica-serve-stale-data --replica-read-only --replica-lazy-flush --replica-ignore-maxmemory --replica-ignore-disk-write-errors --replica-priority --replica-announced --replica-announce-ip --replica-announce-port --repl-diskless-sync --repl-diskless-sync-delay --repl-diskless-sync-max-replicas --repl-diskless-load --repl-ping-replica-period --repl-timeout --repl-disable-tcp-nodelay --repl-backlog-size --repl-backlog-ttl --min-replicas-to-write --min-replicas-max-lag --propagation-error-behavior --requirepass --aclfile --acllog-max-len --acl-pubsub-default --enable-protected-configs --enable-debug-command --enable-module-command --maxclients --client-query-buffer-limit --client-output-buffer-limit --proto-max-bulk-len --tracking-table-max-keys --maxmemory --maxmemory-policy --maxmemory-samples --maxmemory-eviction-tenacity --maxmemory-clients --active-expire-effort --lfu-log-factor --lfu-decay-time --activerehashing --activedefrag --active-defrag-ignore-bytes --active-defrag-threshold-lower --active-defrag-threshold-upper --active-defrag-cycle-min --active-defrag-cycle-max --active-defrag-max-scan-fields --lazyfree-lazy-eviction --lazyfree-lazy-expire --lazyfree-lazy-server-del --lazyfree-lazy-user-del --lazyfree-lazy-user-flush --io-threads --io-threads-do-reads --server_cpulist --bio_cpulist --aof_rewrite_cpulist --bgsave_cpulist --oom-score-adj --oom-score-adj-values --appendonly --appendfilename --appenddirname --appendfsync --no-appendfsync-on-rewrite --auto-aof-rewrite-percentage --auto-aof-rewrite-min-size --aof-load-truncated --aof-use-rdb-preamble --aof-timestamp-enabled --aof-disable-auto-gc --aof-rewrite-incremental-fsync --shutdown-timeout --shutdown-on-sigint --shutdown-on-sigterm --busy-reply-threshold --script-time-limit --script-memory-limit --script-undo-limit --cluster-enabled --cluster-config-file --cluster-node-timeout --cluster-port --cluster-replica-validity-factor --cluster-migration-barrier --cluster-allow-replica-migration --cluster-require-full-coverage --cluster-replica-no-failover --cluster-allow-reads-when-down --cluster-allow-pubsubshard-when-down --cluster-link-sendbuf-limit --cluster-announce-hostname --cluster-preferred-endpoint-type --cluster-announce-ip --cluster-announce-port --cluster-announce-tls-port --cluster-announce-bus-port --slowlog-log-slower-than --slowlog-max-len --latency-monitor-threshold --latency-tracking --latency-tracking-info-percentiles --notify-keyspace-events --hash-max-listpack-entries --hash-max-listpack-value --list-max-listpack-size --list-compress-depth --set-max-intset-entries --set-max-listpack-entries --set-max-listpack-value --zset-max-listpack-entries --zset-max-listpack-value --hll-sparse-max-bytes --stream-node-max-bytes --stream-node-max-entries' ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
    [ "$COMP_CWORD" = 1 ] &&
      COMPREPLY+=($(compgen -W 'cli benchmark export import check-snapshot check-aof script-check' -- "$word"))
  fi
}
complete -o filenames -F _rusk rusk
