import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.tools.ToolProvider;

/** What the drivers of the libraries of the Java virtual machine have in common: the request, the line of JSON and the watchdog. */
final class Cell {
    /** A connected client. */
    interface Client {
        void set(String key, String value) throws Exception;

        String get(String key) throws Exception;
    }

    /** How a library connects: from a request, or from what an emitted file's `connect()` returned. */
    interface Library {
        Client open(Request request) throws Exception;

        Client wrap(Object connected) throws Exception;
    }

    /** A host and a port. */
    record Seed(String host, int port) {}

    /** The request, as the file says it. */
    record Request(
            List<Seed> seeds, boolean tls, File ca, File cert, File key, String username, String password,
            List<String> keys, int rounds, Path config) {
        static Request read(String file) throws Exception {
            JsonObject json = new Gson().fromJson(Files.readString(Path.of(file)), JsonObject.class);
            List<Seed> seeds = new ArrayList<>();
            for (JsonElement seed : array(json, "seeds")) {
                seeds.add(new Seed(seed.getAsJsonArray().get(0).getAsString(), seed.getAsJsonArray().get(1).getAsInt()));
            }
            List<String> keys = new ArrayList<>();
            array(json, "keys").forEach(key -> keys.add(key.getAsString()));
            String config = text(json, "config");
            return new Request(
                    seeds, json.has("tls") && json.get("tls").getAsBoolean(), file(json, "ca"), file(json, "cert"),
                    file(json, "key"), text(json, "username"), text(json, "password"), keys,
                    json.has("rounds") ? json.get("rounds").getAsInt() : 1, config == null ? null : Path.of(config));
        }

        private static JsonArray array(JsonObject json, String name) {
            return json.has(name) && json.get(name).isJsonArray() ? json.getAsJsonArray(name) : new JsonArray();
        }

        private static String text(JsonObject json, String name) {
            return json.has(name) && !json.get(name).isJsonNull() ? json.get(name).getAsString() : null;
        }

        private static File file(JsonObject json, String name) {
            String path = text(json, name);
            return path == null ? null : new File(path);
        }

        /** Trust in the CA file; null for that of the virtual machine. */
        TrustManagerFactory trust() throws Exception {
            if (ca == null) {
                return null;
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store(ca));
            return trust;
        }

        /** The client certificate; null without one. */
        KeyManagerFactory identity() throws Exception {
            if (cert == null || key == null) {
                return null;
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("client", privateKey(key), new char[0], certificates(cert).toArray(new Certificate[0]));
            KeyManagerFactory identity = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            identity.init(store, new char[0]);
            return identity;
        }

        private static KeyStore store(File pem) throws Exception {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (Certificate certificate : certificates(pem)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
            return store;
        }

        private static Collection<? extends Certificate> certificates(File pem) throws Exception {
            try (InputStream in = new FileInputStream(pem)) {
                return CertificateFactory.getInstance("X.509").generateCertificates(in);
            }
        }

        private static PrivateKey privateKey(File pem) throws Exception {
            String body = Files.readString(pem.toPath()).replaceAll("(?s).*-----BEGIN PRIVATE KEY-----", "");
            byte[] der = Base64.getMimeDecoder().decode(body.replaceAll("(?s)-----END.*", ""));
            for (String algorithm : List.of("EC", "RSA")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
                } catch (java.security.spec.InvalidKeySpecException another) {
                    continue;
                }
            }
            return KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der));
        }
    }

    private static final int FIRST = 23;
    private static final int FURTHER = 14;
    private static final int TEXTS = 80;

    private final PrintStream out = System.out;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final Set<String> said = Collections.synchronizedSet(new LinkedHashSet<>());
    private final Set<String> inner = Collections.synchronizedSet(new LinkedHashSet<>());
    private final List<Logger> loggers = new ArrayList<>();
    private final Request request;

    private Cell(Request request) {
        this.request = request;
    }

    /** Drives a library; `packages` are those whose debug log goes into `inner`. */
    static void run(String[] arguments, Library library, String... packages) throws Exception {
        Request request = Request.read(arguments[0]);
        Cell cell = new Cell(request);
        System.setOut(System.err);
        cell.listen(packages);
        cell.watch();
        cell.drive(library);
        Runtime.getRuntime().halt(0);
    }

    private void watch() {
        Thread watchdog = new Thread(() -> {
            try {
                TimeUnit.SECONDS.sleep(FIRST + FURTHER * (request.rounds - 1L));
            } catch (InterruptedException ended) {
                return;
            }
            print();
            Runtime.getRuntime().halt(0);
        });
        watchdog.setDaemon(true);
        watchdog.start();
    }

    private void drive(Library library) throws Exception {
        Client client;
        try {
            client = request.config == null ? library.open(request) : library.wrap(emitted(request.config));
        } catch (Throwable error) {
            String text = hear(error);
            request.keys.forEach(key -> answers.put(key, text));
            print();
            return;
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (int round = 1; round <= request.rounds; round++) {
            if (round > 1 && in.readLine() == null) {
                return;
            }
            touch(client, round);
            print();
        }
    }

    /** The connection of an emitted file, which is compiled as it stands. */
    private Object emitted(Path config) throws Exception {
        Path folder = Files.createTempDirectory("emitted");
        Path source = Files.copy(config, folder.resolve("ClusterConnection.java"));
        String classpath = System.getProperty("java.class.path");
        StringWriter errors = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        var options = List.of("-proc:none", "-Xlint:all,-processing,-classfile", "-cp", classpath, "-d", folder.toString());
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            if (!compiler.getTask(errors, files, null, options, null, files.getJavaFileObjects(source)).call()) {
                throw new IllegalStateException("does not compile: " + errors);
            }
        }
        if (!errors.toString().isEmpty()) {
            said.add("javac warns: " + errors);
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            var connect = loader.loadClass("ClusterConnection").getDeclaredMethod("connect");
            connect.setAccessible(true);
            return connect.invoke(null);
        } catch (java.lang.reflect.InvocationTargetException thrown) {
            throw thrown.getCause() instanceof Exception cause ? cause : thrown;
        }
    }

    private void touch(Client client, int round) throws InterruptedException {
        answers.clear();
        said.clear();
        inner.clear();
        ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, Math.min(8, request.keys.size())));
        for (String key : request.keys) {
            threads.submit(() -> answers.put(key, one(client, key, "value " + round)));
        }
        threads.shutdown();
        threads.awaitTermination(1, TimeUnit.HOURS);
    }

    private String one(Client client, String key, String value) {
        try {
            client.set(key, value);
            String got = client.get(key);
            // A replica may have been asked, which is behind.
            for (int again = 0; !value.equals(got) && again < 20; again++) {
                TimeUnit.MILLISECONDS.sleep(100);
                got = client.get(key);
            }
            return value.equals(got) ? "" : "GET gave " + got;
        } catch (Throwable error) {
            return hear(error);
        }
    }

    /** Notes an error with everything that it carries; gives its own text. */
    private String hear(Throwable error) {
        note(said, error, Collections.newSetFromMap(new IdentityHashMap<>()));
        return text(error);
    }

    private static void note(Set<String> into, Throwable error, Set<Throwable> known) {
        if (error == null || !known.add(error)) {
            return;
        }
        add(into, text(error));
        note(into, error.getCause(), known);
        for (Throwable suppressed : error.getSuppressed()) {
            note(into, suppressed, known);
        }
    }

    private static String text(Throwable error) {
        return error.getMessage() == null ? error.getClass().getName() : error.getClass().getName() + ": " + error.getMessage();
    }

    /** Once, whatever the numbers of the connection are. */
    private static void add(Set<String> into, String text) {
        String steady = text.replaceAll("\\[id: 0x[^\\]]*[-!] R:", "[R:").replaceAll("@[0-9a-f]{4,8}\\[", "[");
        if (into.size() < TEXTS) {
            into.add(steady.length() > 2000 ? steady.substring(0, 2000) : steady);
        }
    }

    /** Warnings are what an application's log shows; what is below is for `inner`, where it carries an error. */
    private void listen(String... packages) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        SimpleFormatter formatter = new SimpleFormatter();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                String name = String.valueOf(record.getLoggerName());
                if (name.startsWith("io.netty.util.internal") || name.startsWith("io.netty.resolver.dns.DefaultDns")) {
                    return; // There is no hardware address and no name server, which is of the namespace.
                }
                boolean warns = record.getLevel().intValue() >= Level.WARNING.intValue();
                if (!warns && record.getThrown() == null) {
                    return;
                }
                add(warns ? said : inner, formatter.formatMessage(record));
                note(warns ? said : inner, record.getThrown(), Collections.newSetFromMap(new IdentityHashMap<>()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        handler.setLevel(Level.ALL);
        root.addHandler(handler);
        for (String name : packages) {
            Logger logger = Logger.getLogger(name);
            logger.setLevel(Level.ALL);
            loggers.add(logger);
        }
    }

    /** The line of JSON. */
    private synchronized void print() {
        JsonObject keys = new JsonObject();
        for (String key : request.keys) {
            String answer = answers.getOrDefault(key, "no answer");
            keys.addProperty(key, answer.isEmpty() ? null : answer);
        }
        JsonObject line = new JsonObject();
        line.add("keys", keys);
        line.add("said", texts(said));
        line.add("inner", texts(inner));
        out.println(new com.google.gson.GsonBuilder().serializeNulls().disableHtmlEscaping().create().toJson(line));
        out.flush();
    }

    private static JsonArray texts(Set<String> texts) {
        JsonArray array = new JsonArray();
        synchronized (texts) {
            texts.forEach(array::add);
        }
        return array;
    }
}
