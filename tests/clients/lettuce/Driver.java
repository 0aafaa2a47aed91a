import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Lettuce as its manual has it: `RedisClusterClient`, `connect()`, `sync()`. */
public final class Driver implements Cell.Library {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** Longer than the time for connecting and for TLS, as it is by default. */
    private static final Duration PATIENCE_FOR_COMMANDS = Duration.ofSeconds(3);

    public static void main(String[] arguments) throws Exception {
        Cell.run(arguments, new Driver(), "io.lettuce");
    }

    @Override
    public Cell.Client open(Cell.Request request) throws Exception {
        List<RedisURI> seeds = new ArrayList<>();
        for (Cell.Seed seed : request.seeds()) {
            RedisURI.Builder uri = RedisURI.builder().withHost(seed.host()).withPort(seed.port())
                    .withSsl(request.tls()).withTimeout(PATIENCE_FOR_COMMANDS);
            if (request.username() != null) {
                uri.withAuthentication(request.username(), request.password());
            } else if (request.password() != null) {
                uri.withPassword(request.password().toCharArray());
            }
            seeds.add(uri.build());
        }
        RedisClusterClient client = RedisClusterClient.create(seeds);
        ClusterClientOptions.Builder options = ClusterClientOptions.builder();
        options.socketOptions(SocketOptions.builder().connectTimeout(PATIENCE).build());
        if (request.tls()) {
            SslOptions.Builder tls = SslOptions.builder().jdkSslProvider().handshakeTimeout(PATIENCE);
            if (request.ca() != null) {
                tls.trustManager(request.ca());
            }
            if (request.cert() != null) {
                tls.keyManager(request.cert(), request.key(), null);
            }
            options.sslOptions(tls.build());
        }
        client.setOptions(options.build());
        return wrap(client.connect());
    }

    @Override
    public Cell.Client wrap(Object connected) {
        @SuppressWarnings("unchecked")
        var connection = (StatefulRedisClusterConnection<String, String>) connected;
        RedisAdvancedClusterCommands<String, String> commands = connection.sync();
        return new Cell.Client() {
            @Override
            public void set(String key, String value) {
                commands.set(key, value);
            }

            @Override
            public String get(String key) {
                return commands.get(key);
            }
        };
    }
}
