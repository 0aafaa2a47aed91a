import java.net.InetAddress;
import org.redisson.Redisson;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;

/** Redisson with one node address, or with several: what it verifies depends on that. */
public final class Driver implements Cell.Library {
    private static final int PATIENCE = 2000;
    private static boolean several;

    public static void main(String[] arguments) throws Exception {
        several = arguments[1].equals("several-seeds");
        Cell.run(arguments, new Driver(), "org.redisson");
    }

    @Override
    public Cell.Client open(Cell.Request request) throws Exception {
        Config config = new Config();
        ClusterServersConfig servers = config.useClusterServers();
        for (Cell.Seed seed : request.seeds()) {
            servers.addNodeAddress(url(request, seed.host(), seed.port()));
            if (!several) {
                break;
            }
        }
        if (several && request.seeds().size() == 1) {
            Cell.Seed seed = request.seeds().get(0);
            servers.addNodeAddress(url(request, InetAddress.getByName(seed.host()).getHostAddress(), seed.port()));
        }
        servers.setConnectTimeout(PATIENCE).setTimeout(PATIENCE);
        if (request.trust() != null) {
            config.setSslTrustManagerFactory(request.trust());
        }
        if (request.identity() != null) {
            config.setSslKeyManagerFactory(request.identity());
        }
        config.setUsername(request.username()).setPassword(request.password());
        return wrap(Redisson.create(config));
    }

    private static String url(Cell.Request request, String host, int port) {
        String scheme = request.tls() ? "rediss://" : "redis://";
        return scheme + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    @Override
    public Cell.Client wrap(Object connected) {
        RedissonClient redisson = (RedissonClient) connected;
        return new Cell.Client() {
            private RBucket<String> bucket(String key) {
                return redisson.getBucket(key, StringCodec.INSTANCE);
            }

            @Override
            public void set(String key, String value) {
                bucket(key).set(value);
            }

            @Override
            public String get(String key) {
                return bucket(key).get();
            }
        };
    }
}
