import java.util.LinkedHashSet;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.UnifiedJedis;

/** Jedis with `ssl(true)` and a socket factory, which is where its releases before 7.5 compare no names. */
public final class Driver implements Cell.Library {
    private static final int PATIENCE = 2000;

    public static void main(String[] arguments) throws Exception {
        Cell.run(arguments, new Driver(), "redis.clients");
    }

    @Override
    public Cell.Client open(Cell.Request request) throws Exception {
        Set<HostAndPort> seeds = new LinkedHashSet<>();
        request.seeds().forEach(seed -> seeds.add(new HostAndPort(seed.host(), seed.port())));
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder().timeoutMillis(PATIENCE);
        if (request.tls()) {
            SSLContext tls = SSLContext.getInstance("TLS");
            var trust = request.trust();
            var identity = request.identity();
            TrustManager[] anchors = trust == null ? null : trust.getTrustManagers();
            KeyManager[] keys = identity == null ? null : identity.getKeyManagers();
            tls.init(keys, anchors, null);
            config.ssl(true).sslSocketFactory(tls.getSocketFactory());
        }
        if (request.username() != null) {
            config.user(request.username());
        }
        if (request.password() != null) {
            config.password(request.password());
        }
        return wrap(new JedisCluster(seeds, config.build()));
    }

    @Override
    public Cell.Client wrap(Object connected) {
        UnifiedJedis jedis = (UnifiedJedis) connected;
        return new Cell.Client() {
            @Override
            public void set(String key, String value) {
                jedis.set(key, value);
            }

            @Override
            public String get(String key) {
                return jedis.get(key);
            }
        };
    }
}
