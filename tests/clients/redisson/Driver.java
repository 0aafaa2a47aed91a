import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.redisson.Redisson;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.client.NettyHook;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;

/** Redisson with one node address, or with several: what it verifies depends on that. */
public final class Driver implements Cell.Library {
    /** For a connection with its handshake, and for a command. */
    private static final int PATIENCE = 3500;
    /** Four, by default, with pauses: more than fits into the time of a cell where there are two seeds. */
    private static final int RETRIES = 1;
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
            address(seed.host()).ifPresent(ip -> servers.addNodeAddress(url(request, ip, seed.port())));
        }
        servers.setConnectTimeout(PATIENCE).setTimeout(PATIENCE).setRetryAttempts(RETRIES);
        if (request.trust() != null) {
            config.setSslTrustManagerFactory(request.trust());
        }
        if (request.identity() != null) {
            config.setSslKeyManagerFactory(request.identity());
        }
        config.setNettyHook(new RawErrors());
        config.setUsername(request.username()).setPassword(request.password());
        return wrap(Redisson.create(config));
    }

    private static String url(Cell.Request request, String host, int port) {
        String scheme = request.tls() ? "rediss://" : "redis://";
        return scheme + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private static Optional<String> address(String host) {
        try {
            return Optional.of(InetAddress.getByName(host).getHostAddress());
        } catch (UnknownHostException unknown) {
            return Optional.empty();
        }
    }

    /** Tells of resets, which Redisson says nothing of, and ends a handshake as soon as a connection attempt. */
    private static final class RawErrors implements NettyHook {
        private static final Logger LOG = Logger.getLogger("org.redisson.raw");

        @Override
        public void afterBoostrapInitialization(Bootstrap bootstrap) {}

        @Override
        public void afterChannelInitialization(Channel channel) {
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            if (tls != null) {
                tls.setHandshakeTimeoutMillis(PATIENCE);
            }
            channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                    LOG.log(Level.FINE, "on the socket", cause);
                    context.fireExceptionCaught(cause);
                }
            });
        }
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

            /** From a replica, by default, which knows of no slot that is moving: GETEX is for the primary. */
            @Override
            public String get(String key) {
                String value = bucket(key).get();
                return value != null ? value : bucket(key).getAndClearExpire();
            }
        };
    }
}
