import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
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
            KeyManager[] keys = identity == null ? new KeyManager[] {new Nobody()} : identity.getKeyManagers();
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

    /** No certificate, as by default; tells that one was asked for, which is lost where the server's alert comes too late. */
    private static final class Nobody extends X509ExtendedKeyManager {
        private static final Logger LOG = Logger.getLogger("redis.clients.raw");

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            LOG.log(Level.FINE, "in the handshake", new SSLException("certificate_required: the server asks for one, there is none"));
            return null;
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return null;
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return null;
        }
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
