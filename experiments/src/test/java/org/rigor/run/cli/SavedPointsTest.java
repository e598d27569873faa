// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.ElementKind;
import org.rigor.io.Npz;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Points that attacks save say the same to ONNX Runtime, in float32, as to Rigor. */
class SavedPointsTest {
  private static final int SAMPLES = 40;
  private static final int HEIGHT = 6;
  private static final int WIDTH = 5;
  private static final int CLASSES = 4;

  @TempDir private Path folder;
  private final Random random = new Random(5);

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private HostTensor normal(double scale, int... dims) {
    Shape shape = Shape.of(dims);
    double[] v = new double[Math.toIntExact(shape.size())];
    Arrays.setAll(v, i -> scale * random.nextGaussian());
    return HostTensor.of(shape, v).toFloat();
  }

  /** A convolution of images, channels first, and a dense layer; or that layer of rows alone. */
  private Path network(int channels, boolean rows) {
    int features = channels * HEIGHT * WIDTH;
    Map<String, OnnxTensor> weights = new LinkedHashMap<>();
    List<OnnxNode> nodes = new ArrayList<>();
    if (!rows) {
      weights.put("k", OnnxTensor.of(normal(0.5, channels, channels, 3, 3)));
      OnnxAttribute same = new OnnxAttribute.Ints(List.of(1L, 1L, 1L, 1L));
      nodes.add(
          new OnnxNode(0, "Conv", "", "", List.of("x", "k"), List.of("c"), Map.of("pads", same)));
      nodes.add(new OnnxNode(1, "Relu", "", "", List.of("c"), List.of("r"), Map.of()));
      nodes.add(new OnnxNode(2, "Flatten", "", "", List.of("r"), List.of("f"), Map.of()));
    }
    weights.put("w", OnnxTensor.of(normal(0.3, features, CLASSES)));
    String top = rows ? "x" : "f";
    nodes.add(
        new OnnxNode(nodes.size(), "MatMul", "", "", List.of(top, "w"), List.of("z"), Map.of()));
    List<Long> input =
        rows
            ? List.of(OnnxValueInfo.FREE, (long) features)
            : List.of(OnnxValueInfo.FREE, (long) channels, (long) HEIGHT, (long) WIDTH);
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            weights,
            List.of(new OnnxValueInfo("x", ElementKind.F32, input)),
            List.of(
                new OnnxValueInfo(
                    "z", ElementKind.F32, List.of(OnnxValueInfo.FREE, (long) CLASSES))));
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 17, "", graph));
    return file;
  }

  private static float[] runtime(Path model, HostTensor x) throws OrtException {
    long[] dims = Arrays.stream(x.shape().dims()).asLongStream().toArray();
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(model.toString());
        ai.onnxruntime.OnnxTensor in =
            ai.onnxruntime.OnnxTensor.createTensor(env, FloatBuffer.wrap(x.floats()), dims);
        OrtSession.Result result = session.run(Map.of("x", in))) {
      FloatBuffer y = ((ai.onnxruntime.OnnxTensor) result.get(0)).getFloatBuffer();
      float[] out = new float[y.remaining()];
      y.get(out);
      return out;
    }
  }

  private static int[] named(float[] logits) {
    int[] named = new int[logits.length / CLASSES];
    for (int i = 0; i < logits.length; i++) {
      int n = i / CLASSES;
      named[n] = logits[i] > logits[n * CLASSES + named[n]] ? i % CLASSES : named[n];
    }
    return named;
  }

  /** Labels are what ONNX Runtime names, but for every eighth sample. */
  private Path data(Path model, boolean rows, int channels) throws OrtException {
    double[] v = new double[SAMPLES * channels * HEIGHT * WIDTH];
    Arrays.setAll(v, i -> random.nextInt(256) / 255.0);
    Shape shape =
        rows ? Shape.of(SAMPLES, v.length / SAMPLES) : Shape.of(SAMPLES, channels, HEIGHT, WIDTH);
    HostTensor x = HostTensor.of(shape, v).toFloat();
    int[] y = named(runtime(model, x));
    for (int n = 0; n < SAMPLES; n += 8) {
      y[n] = (y[n] + 1) % CLASSES;
    }
    Path file = folder.resolve("d.npz");
    Npz.write(file, Map.of("x", x, "y", HostTensor.of(Shape.of(SAMPLES), y)), false);
    return file;
  }

  @ParameterizedTest
  @CsvSource({
    "attack, apgd, linf, 1, false",
    "attack, autoattack, linf, 3, false",
    "attack, pgd, l2, 3, true",
    "distance, fmn, l2, 1, false",
    "distance, deepfool, linf, 3, false",
  })
  void onnxRuntimeNamesTheClassThatWasStored(
      String command, String attack, String norm, int channels, boolean rows) throws Exception {
    Path model = network(channels, rows);
    Path data = data(model, rows, channels);
    Path points = folder.resolve("points.npz");
    Path pictures = folder.resolve("pictures");
    List<Object> words = new ArrayList<>(List.of(command, "--attack", attack, "--norm", norm));
    words.addAll(List.of("--model", model, "--data", data, "--device", "cpu"));
    words.addAll(List.of("--save", points, "--png", pictures));
    double epsilon = norm.equals("linf") ? 0.04 : 0.3;
    if (command.equals("attack")) {
      words.addAll(List.of("--epsilon", epsilon));
    }
    if (rows) {
      words.addAll(List.of("--image", "%d,%d,%d".formatted(HEIGHT, WIDTH, channels)));
      words.add("--channels-first");
    }
    Shell.Result r = Shell.run(words.toArray());
    assertThat(r.exit()).as(r.err()).isZero();
    boolean nearest = command.equals("distance"); // where rays leave the class, in double
    try (Npz npz = Npz.open(points)) {
      assertThat(npz.names())
          .containsExactly("x", "x_adv", "y", "predicted", "distance", "index", "attack");
      HostTensor adversarial = npz.read("x_adv");
      HostTensor clean = npz.read("x");
      int[] predicted = npz.read("predicted").ints();
      int[] y = npz.read("y").ints();
      int[] index = npz.read("index").ints();
      double[] distance = npz.read("distance").doubles();
      assertThat(r.out().contains("float32 may name either class")).isEqualTo(nearest);
      assertThat(predicted.length).isGreaterThan(SAMPLES / 5);
      if (!nearest) {
        assertThat(adversarial.dtype()).isEqualTo(DType.F32);
        assertThat(named(runtime(model, adversarial))).isEqualTo(predicted);
      }
      List<String> by = words(points, "attack.npy");
      HostTensor all = Npz.readAll(data).get("x");
      HostTensor labels = Npz.readAll(data).get("y");
      int width = channels * HEIGHT * WIDTH;
      for (int i = 0; i < predicted.length; i++) {
        assertThat(predicted[i]).isNotEqualTo(y[i]);
        assertThat(y[i]).isEqualTo((int) labels.get(index[i]));
        double most = 0;
        double squares = 0;
        for (int k = 0; k < width; k++) {
          assertThat(clean.get(i * width + k)).isEqualTo(all.get(index[i] * width + k));
          assertThat(adversarial.get(i * width + k)).isBetween(0.0, 1.0);
          double moved = adversarial.get(i * width + k) - clean.get(i * width + k);
          most = Math.max(most, Math.abs(moved));
          squares += moved * moved;
        }
        double own = norm.equals("linf") ? most : Math.sqrt(squares);
        assertThat(distance[i]).isCloseTo(own, within(1e-12));
        assertThat(command.equals("distance") || distance[i] <= epsilon).isTrue();
        assertThat(by.get(i).equals("none")).isEqualTo(own == 0);
        assertThat(by.get(i))
            .matches(
                attack.equals("autoattack")
                    ? "none|apgd-ce|apgd-t|fab-t|square"
                    : "none|" + attack);
        assertPicture(pictures, index[i], "clean", clean, i * width, channels);
        assertPicture(pictures, index[i], "adversarial", adversarial, i * width, channels);
        assertThat(pictures.resolve("%05d-difference.png".formatted(index[i]))).exists();
      }
    }
  }

  /** Returns an array of Unicode strings as NumPy's format has it. */
  private static List<String> words(Path npz, String entry) throws IOException {
    try (ZipFile zip = new ZipFile(npz.toFile())) {
      byte[] all = zip.getInputStream(zip.getEntry(entry)).readAllBytes();
      int start = 10 + (all[8] & 0xFF) + 256 * (all[9] & 0xFF);
      String header = new String(all, 10, start - 10, Charset.forName("US-ASCII"));
      int each = 4 * Integer.parseInt(header.replaceAll("(?s).*'<U(\\d+)'.*", "$1"));
      List<String> words = new ArrayList<>();
      for (int at = start; at < all.length; at += each) {
        words.add(new String(all, at, each, Charset.forName("UTF-32LE")).replace("\0", ""));
      }
      assertThat(header).contains("(%d,)".formatted(words.size()));
      return words;
    }
  }

  private static void assertPicture(
      Path folder, int index, String kind, HostTensor x, int from, int channels)
      throws IOException {
    Path file = folder.resolve("%05d-%s.png".formatted(index, kind));
    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(List.of(image.getHeight(), image.getWidth())).isEqualTo(List.of(HEIGHT, WIDTH));
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
      int[] pixel = image.getRaster().getPixel(i % WIDTH, i / WIDTH, new int[3]);
      for (int c = 0; c < channels; c++) {
        assertThat(pixel[c])
            .isEqualTo((int) Math.round(255 * x.get(from + c * HEIGHT * WIDTH + i)));
      }
    }
  }

  @Test
  void whatIsNoPictureIsRefusedBeforeTheAttack() throws Exception {
    Path model = network(1, true);
    Path data = data(model, true, 1);
    Object[] words = {
      "attack", "--model", model, "--data", data, "--epsilon", 0.1, "--png", folder.resolve("p")
    };
    Shell.Result r = Shell.run(words);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("no grey or RGB images; --image H,W,C says");
    for (String wrong : List.of("--image=5,5,1", "--image=3,5,2", "--box=-1,1")) {
      List<Object> more = new ArrayList<>(Arrays.asList(words));
      more.add(wrong);
      r = Shell.run(more.toArray());
      assertThat(r.exit()).as(r.err()).isEqualTo(2);
      assertThat(r.err())
          .containsAnyOf("--image: 5,5,1 has 25", "with 1 or 3 channels, got 2", "--png: pictures");
    }
  }
}
