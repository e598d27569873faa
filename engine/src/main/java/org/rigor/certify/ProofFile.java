// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.rigor.io.Sha256;

/**
 * The bytes of a proof, format in {@code docs/proof.md}. Thread-safe. The checker has a reader of
 * its own, so that no fault here can hide itself.
 */
public final class ProofFile {
  private static final String MAGIC = "RIGOR-PROOF 1\n";

  private final String model;
  private final String question;

  /**
   * What is known of each region, by item, deflated: most of it are slopes that no ascent moved.
   */
  private final Map<Integer, List<byte[]>> regions = new TreeMap<>();

  private final Map<Integer, float[]> points = new TreeMap<>();

  /**
   * Begins a proof.
   *
   * @param model SHA-256 of the ONNX file's bytes, in hexadecimal
   * @param question SHA-256 of the property's text, or of data and ball, likewise
   */
  public ProofFile(String model, String question) {
    this.model = model;
    this.question = question;
  }

  /** Adds what one search knows of a region of a property. */
  public void add(Evidence e) {
    add(0, e);
  }

  /**
   * Adds what one search knows of a region; several may be added of the same. The order of items
   * leaves no trace.
   *
   * @param item number of the sample, 0 of a property
   */
  public synchronized void add(int item, Evidence e) {
    Out out = new Out();
    out.digest(key(e));
    known(out, e);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    Deflater fast = new Deflater(Deflater.BEST_SPEED);
    try (DeflaterOutputStream deflating = new DeflaterOutputStream(packed, fast)) {
      out.bytes.writeTo(deflating);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    } finally {
      fast.end();
    }
    regions.computeIfAbsent(item, i -> new ArrayList<>()).add(packed.toByteArray());
  }

  /**
   * Adds an input that violates the question.
   *
   * @param item number of the sample, 0 of a property
   */
  public synchronized void add(int item, float... point) {
    points.put(item, point);
  }

  /**
   * Writes the file's content, which may be larger than an array; readers also take it gzipped.
   *
   * @throws IOException if it cannot be written
   */
  public synchronized void writeTo(OutputStream target) throws IOException {
    MessageDigest digest = Sha256.digest();
    DigestOutputStream digested = new DigestOutputStream(target, digest);
    Out head = new Out();
    head.bytes.writeBytes(MAGIC.getBytes(StandardCharsets.US_ASCII));
    head.digest(model);
    head.digest(question);
    List<byte[]> each = regions.values().stream().flatMap(List::stream).toList();
    head.number(each.size());
    head.bytes.writeTo(digested);
    for (byte[] region : each) {
      try (InputStream known = new InflaterInputStream(new ByteArrayInputStream(region))) {
        known.transferTo(digested);
      }
    }
    Out tail = new Out();
    tail.number(points.size());
    points.forEach(
        (item, x) -> {
          tail.number(item);
          tail.floats(x, true);
        });
    tail.bytes.writeTo(digested);
    target.write(digest.digest());
  }

  /** Returns the file's content. */
  public byte[] bytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      writeTo(all);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return all.toByteArray();
  }

  private static void known(Out out, Evidence e) {
    out.number(e.free().size());
    e.free()
        .forEach(
            (node, units) -> {
              out.number(node);
              out.number(units.length);
              for (int u : units) {
                out.number(u);
              }
            });
    out.number(e.tightenings().size());
    for (Evidence.Tightening t : e.tightenings()) {
      literals(out, t.scope());
      out.number(t.node());
      out.number(t.unit());
      out.bytes.write(t.lower() ? 1 : 0);
      leaves(out, t.leaves());
    }
    out.number(e.refuted().size());
    for (Evidence.Refuted r : e.refuted()) {
      out.number(r.rows().size());
      for (Evidence.Proved p : r.rows()) {
        double most = DoubleStream.of(p.outputs()).map(Math::abs).max().orElse(0);
        double unit = most == 0 ? 1 : most;
        out.text(terms(unit, p.outputs()) + "|" + terms(unit, p.inputs()));
        leaves(out, p.leaves());
      }
    }
    out.number(e.halving().map(Evidence.Halving::input).orElse(-1));
    out.real(e.halving().map(Evidence.Halving::at).orElse(0.));
  }

  private static void leaves(Out out, List<Evidence.Leaf> leaves) {
    out.number(leaves.size());
    for (Evidence.Leaf l : leaves) {
      literals(out, l.cell());
      out.number(l.slopes().size());
      l.slopes()
          .forEach(
              (node, slopes) -> {
                out.number(node);
                out.floats(slopes, false);
              });
    }
  }

  private static void literals(Out out, List<Evidence.Literal> cell) {
    out.number(cell.size());
    for (Evidence.Literal l : cell) {
      out.number(l.node());
      out.number(l.unit());
      out.bytes.write(l.positive() ? 1 : 0);
      out.floats(new float[] {l.multiplier()}, false);
    }
  }

  private static String terms(double unit, double... coefficients) {
    return IntStream.range(0, coefficients.length)
        .filter(i -> coefficients[i] != 0)
        .mapToObj(
            i -> "%d*%08x".formatted(i, Float.floatToIntBits((float) (coefficients[i] / unit))))
        .collect(Collectors.joining(" "));
  }

  private static String key(Evidence e) {
    ByteBuffer b =
        ByteBuffer.allocate(2 * Double.BYTES * e.lower().length).order(ByteOrder.LITTLE_ENDIAN);
    for (double[] side : new double[][] {e.lower(), e.upper()}) {
      for (double v : side) {
        b.putDouble(v + 0.0); // one zero
      }
    }
    return Sha256.of(b.array());
  }

  /** Little-endian bytes. */
  private static final class Out {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void number(int v) {
      bytes.writeBytes(buffer(4).putInt(v).array());
    }

    void real(double v) {
      bytes.writeBytes(buffer(8).putDouble(v).array());
    }

    void floats(float[] all, boolean counted) {
      if (counted) {
        number(all.length);
      }
      ByteBuffer b = buffer(4 * all.length);
      for (float v : all) {
        b.putFloat(v);
      }
      bytes.writeBytes(b.array());
    }

    void text(String s) {
      byte[] t = s.getBytes(StandardCharsets.UTF_8);
      number(t.length);
      bytes.writeBytes(t);
    }

    void digest(String hex) {
      bytes.writeBytes(HexFormat.of().parseHex(hex));
    }

    private static ByteBuffer buffer(int n) {
      return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
