# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_redis_doctor_global_optspecs
    string join \n format= save= from= at= fail-on= q/quiet v/verbose color= t/timeout= deadline= concurrency= max-nodes= help V/version
end

function __fish_redis_doctor_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_redis_doctor_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_redis_doctor_using_subcommand
    set -l cmd (__fish_redis_doctor_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "check" -d 'Look at everything, say the root cause first and how to mend it'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "topology" -d 'What the servers announce, from every node: roles, slots, addresses, who answers where'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "tls-check" -d 'Each node\'s certificate and connection: chain, names, dates; versions, server names, client certificates'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "cert" -d 'Judge a certificate before it is deployed: what every TLS stack makes of a file, offline'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "address-map" -d 'Print the proved map from announced to reachable addresses, in a client\'s own language'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "ca-request" -d 'What to ask a certificate authority for, so that every client passes at every node: text, OpenSSL, cert-manager'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "tunnel" -d 'Write a tunnel to every node (spiped, stunnel, ssh …) with the client\'s map, and prove it once it runs'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "clients" -d 'What each client library would do here: connect or not, to which nodes, and what the application would see'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "explain" -d 'Explain a finding, or say which findings a client\'s error text can mean'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "list" -d 'List the checks, the client libraries, the kinds of tunnels or the lab\'s scenes'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "lab" -d 'Keep a lab scene running, and print its endpoint and CA file for any client to be tried on'
complete -c redis-doctor -n "__fish_redis_doctor_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l expect -d 'Fail unless the deployment is of this kind, or the endpoint has this role' -r -f -a "cluster\t'Cluster mode on'
standalone\t'One server, or a primary with replicas'
sentinel\t'A Sentinel'
primary\t'The server that takes writes, cluster mode off'
replica\t'A replica, cluster mode off'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l wait -d 'Look again until it is well or this long has passed; for servers that are just starting (60s, 2m)' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l idle -d 'Leave one more connection alone for so long and see who closes it (30s, 10m); --deadline has to be longer' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l ignore -d 'Leave a finding out: a code, or a code on one node (its address or the start of its id); repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand check" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l draw -d 'Draw it instead' -r -f -a "dot\t'Graphviz'
mermaid\t'Mermaid, as GitHub and GitLab show it'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand topology" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tls-check" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l chain -d 'More of what the server sends, after FILE; repeatable' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l ca -d 'What is trusted: a PEM or DER file or a directory of them; repeatable [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l name -d 'A host name or an IP address that clients verify; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l stack -d 'Only these TLS stacks (node@20, go@1.23, java@25, rustls …), or all, and with --for the libraries that run on them; repeatable, or separated by commas' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l purpose -d 'Whether it is to be used by a server, or by a client that shows it' -r -f -a "server\t'By a server'
client\t'By a client'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l for -d 'Judge it for every name and address that this cluster announces: an endpoint, or a file of --save' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l json -d 'The same as --format json'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l batch -d 'Judge many: JSON lines {id, chain, ca, names, at, stacks, purpose} on stdin, an answer line each, in their order; exits with 0 whatever the answers are, and with 2 where a line could not be read'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand cert" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l for -d 'The client library to write for: node-redis, ioredis, redis-py, redis-rs, or json' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l check -d 'Read a map that somebody wrote and say what is wrong with it: JSON as node-redis, ioredis and redis-rs have it, what this command writes, or lines of host:port=host:port; - is stdin. With --for, keys and certificates are judged as that client does' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand address-map" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l as -d 'What to print: for people, a configuration for `openssl req`, or a Certificate for cert-manager; --format json has all' -r -f -a "text\t'For people'
openssl\t'A configuration for openssl req and openssl x509'
cert-manager\t'A Certificate resource'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l key-type -d 'The kind of key' -r -f -a "ec\t'ECDSA P-256'
rsa\t'RSA 2048'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l per-node -d 'A certificate for each node, with its own names and those that all share, in place of one for all'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l no-wildcard -d 'Name every host, where a wildcard would cover several'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand ca-request" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l with -d 'The kind: spiped, stunnel, ssh … (list tunnels has them all); without a value, one is recommended from what is seen' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l for -d 'Write the address map in this client\'s language, too' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l out -d 'Write a folder with everything for each side, scripts, units and keys included, in place of stdout' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l via -d 'Through whom: [USER@]BASTION[:PORT] for ssh; list tunnels says what the others take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l server -d 'Where the far ends of pairs run, as the client reaches it [default: each beside its node]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l bind -d 'The address that the client\'s ends listen on' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l listen -d 'What each node gets of its own on the client\'s side' -r -f -a "ports\t'A port on one address; clients need the address map'
loopback-addresses\t'A loopback address under the announced port; with names in the hosts file, no map is needed'
announced\t'The announced address itself, added to lo by root; no map is needed'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l connections -d 'The most connections that a node may have at once' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l check -d 'Dial every forward of a map, or of a folder with a map.json, and say which are missing, crossed, or end at a node that has moved since; - is stdin' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l force -d 'Overwrite what an earlier tunnel wrote to the folder; its ports stay, its keys are made anew'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand tunnel" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s h -d 'Server host' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s p -d 'Server port [default: 6379]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s u -d 'Server URI, the same as ENDPOINT' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s a -l pass -d 'Password; REDISCLI_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l user -d 'ACL user' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l cacert -d 'CA certificates to trust, PEM [default: the system\'s trust store]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l cacertdir -d 'A directory of CA certificates to trust' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l cert -d 'Client certificate, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l key -d 'Client key, PEM' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l sni -d 'Server name to send (SNI), on every connection; what is verified stays' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l server-name -d 'Name to verify on every connection (and to send as SNI), for clients that are configured with one' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l resolve -d 'Use this address for a host and port, as curl does; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l connect-to -d 'Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l map -d 'Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a folder with a map.json' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l node -d 'Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l group -d 'The group of a Sentinel to look at [default: mymaster, or all where none is called so]' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l sentinel-user -d 'ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l sentinel-pass -d 'Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps it out of the process list' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s n -d 'Database that clients select' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l client -d 'Only this library, in this version where one is given (redis-py@5, jedis@7.4); repeatable' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l expect -d 'Take the endpoint for this kind of deployment: a cluster client on a server with cluster mode off fails' -r -f -a "cluster\t'Cluster mode on'
standalone\t'One server, or a primary with replicas'
sentinel\t'A Sentinel'
primary\t'The server that takes writes, cluster mode off'
replica\t'A replica, cluster mode off'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l askpass -d 'Ask for the password on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l tls -d 'Speak TLS'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l sentinel-askpass -d 'Ask for the password of the Sentinels on the terminal'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s c
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s 2
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s 3
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l no-auth-warning
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l insecure
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s 4
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s 6
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s e
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l no-raw
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l csv
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l quoted-input
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand clients" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand explain" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand list" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l ca-out -d 'Where to write the CA certificate (PEM) [default: a file in the temporary directory]' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand lab" -s V -l version -d 'Print version'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l format -d 'How to print' -r -f -a "table\t'For people'
json\t'One object, for machines'
github\t'Annotations and a step summary of GitHub Actions'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l save -d 'Save what was seen (no credentials are in it) for --from' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l from -d 'Think about a saved snapshot instead of looking' -r -F
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l at -d 'Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t'Exit 1 on errors'
warning\t'Exit 1 on warnings too'
never\t'Exit 0 whatever is found'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -s t -l timeout -d 'The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l deadline -d 'The longest that the whole look may take' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l concurrency -d 'Nodes looked at side by side' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l max-nodes -d 'Nodes looked at in all; the rest are only counted' -r
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -s q -l quiet -d 'Only the summary and the findings\' titles'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -s v -l verbose -d 'Everything that is known'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -l help -d 'Print help (-h is the host, as in redis-cli)'
complete -c redis-doctor -n "__fish_redis_doctor_using_subcommand completions" -s V -l version -d 'Print version'
