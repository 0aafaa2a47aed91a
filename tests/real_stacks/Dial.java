import java.io.BufferedReader;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Dials TLS servers, with {@code HTTPS} as its argument with endpoint identification as Lettuce and Jedis have it. A line of
 * stdin: number, port, CA file, host, with tabs between. A line of stdout: the number, and in base64 the errors that the
 * application sees, nothing where a byte came back.
 */
public final class Dial {
    private static final int AT_ONCE = 8;
    private static final int LIMIT = 10_000;

    private static void dial(int port, String ca, String host, String identification)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trusting(ca).getTrustManagers(), null);
        Socket plain = new Socket("127.0.0.1", port);
        plain.setSoTimeout(LIMIT);
        try (SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm(identification);
            secure.setSSLParameters(parameters);
            secure.getOutputStream().write("PING\r\n".getBytes(UTF_8));
            if (secure.getInputStream().read() < 0) {
                throw new EOFException("closed without an answer");
            }
        }
    }

    private static TrustManagerFactory trusting(String ca) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream file = new FileInputStream(ca)) {
            for (Certificate anchor : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("ca" + store.size(), anchor);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        return trust;
    }

    private static String said(String[] line, String identification) {
        try {
            dial(Integer.parseInt(line[1]), line[2], line[3], identification);
            return "";
        } catch (IOException | GeneralSecurityException | RuntimeException error) {
            StringBuilder all = new StringBuilder();
            for (Throwable next = error; next != null; next = next.getCause()) {
                all.append(all.length() == 0 ? "" : " <- ");
                all.append(next.getClass().getSimpleName()).append(": ").append(next.getMessage());
            }
            return all.toString();
        }
    }

    public static void main(String[] arguments) throws Exception {
        String identification = arguments.length == 0 ? null : arguments[0];
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<String>> answers = new ArrayList<>();
        BufferedReader stdin = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String text; (text = stdin.readLine()) != null; ) {
            String[] line = text.split("\t");
            answers.add(workers.submit(() ->
                line[0] + "\t" + Base64.getEncoder().encodeToString(said(line, identification).getBytes(UTF_8))));
        }
        for (Future<String> answer : answers) {
            System.out.println(answer.get());
        }
        workers.shutdown();
    }
}
