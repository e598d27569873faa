// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.rigor.linalg.Gemm;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.Gemms;
import org.rigor.linalg.ScalarGemm;
import org.rigor.linalg.VectorGemm;

/**
 * A comparison of our float products with EJML and the peers on the class path, in GFLOP/s and as a
 * share of one thread's measured peak. Usage: {@code GemmComparison <results folder> [rounds]}.
 */
public final class GemmComparison {
  private static final double SLICE = 0.02;

  private final int rounds;
  private final VectorGemm ours = (VectorGemm) Gemms.open("vector").gemm();
  private final Gemm ejml = Gemms.open("ejml").gemm();
  private final List<GemmPeer> peers = new ArrayList<>();
  private final TwoThreads two = new TwoThreads();

  private GemmComparison(int rounds) {
    this.rounds = rounds;
    ServiceLoader.load(GemmPeer.class).forEach(peers::add);
  }

  /** Runs all comparisons and writes gemm.json and gemm.md. */
  public static void main(String[] args) throws IOException {
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 41;
    GemmComparison comparison = new GemmComparison(rounds);
    comparison.ours.awaitReady();
    Report report = new Report("gemm", "Matrix products, float");
    double peak = FmaPeak.measure();
    report.note("measured FMA peak of one thread: %.1f GFLOP/s".formatted(peak));
    report.note(comparison.ours.toString());
    report.note(
        comparison.peers.isEmpty()
            ? "no peers on the class path: build with -Ppeers"
            : "peers: " + comparison.peers.stream().map(GemmPeer::name).toList());
    comparison.square(512, peak, report);
    comparison.square(1024, peak, report);
    comparison.batch(64, 128, 128, 64, peak, report);
    report.write(Path.of(args[0]));
    comparison.two.close();
  }

  private void square(int n, double peak, Report report) {
    GemmShape shape = GemmShape.of(n, n, n);
    float[] a = GemmBenchmark.Operands.random(1, n * n);
    float[] b = GemmBenchmark.Operands.random(2, n * n);
    float[] c = new float[n * n];
    float[] d = new float[n * n];
    List<Contender> all = new ArrayList<>();
    all.add(new Contender("rigor, 1 thread", () -> ours.run(shape, a, 0, b, 0, c, 0)));
    all.add(new Contender("EJML, 1 thread", () -> ejml.run(shape, a, 0, b, 0, d, 0)));
    for (GemmPeer peer : peers) {
      GemmPeer.Products products = peer.prepare(1, n, n, n, a, b);
      verify(peer, shape, a, b, products);
      all.add(threaded(peer, 1, () -> products.run(0, 1)));
    }
    Interleaved times = Interleaved.measure(all, rounds, SLICE);
    report.table("%d x %d x %d".formatted(n, n, n), shape.flops(), peak, times);
  }

  private void batch(int count, int m, int n, int k, double peak, Report report) {
    GemmShape shape = GemmShape.of(m, n, k).batched(count, m * k, k * n, m * n);
    float[] a = GemmBenchmark.Operands.random(3, count * m * k);
    float[] b = GemmBenchmark.Operands.random(4, count * k * n);
    float[] c = new float[count * m * n];
    int half = shape.rows() / 2;
    List<Contender> all = new ArrayList<>();
    all.add(
        new Contender(
            "rigor, 2 threads",
            () -> two.run(p -> ours.run(shape, a, 0, b, 0, c, 0, p * half, (p + 1) * half))));
    all.add(new Contender("rigor, 1 thread", () -> ours.run(shape, a, 0, b, 0, c, 0)));
    for (GemmPeer peer : peers) {
      GemmPeer.Products products = peer.prepare(count, m, n, k, a, b);
      verify(peer, shape, a, b, products);
      all.add(threaded(peer, 1, () -> products.run(0, count)));
      all.add(threaded(peer, 2, () -> products.run(0, count)));
      all.add(
          new Contender(
              peer.name() + ", 2 callers of 1 thread",
              () -> {
                peer.threads(1);
                two.run(p -> products.run(p * count / 2, (p + 1) * count / 2));
              }));
    }
    Interleaved times = Interleaved.measure(all, rounds, SLICE);
    report.table(
        "%d products %d x %d x %d (m, k, n)".formatted(count, m, k, n), shape.flops(), peak, times);
  }

  private static Contender threaded(GemmPeer peer, int threads, Runnable run) {
    return new Contender(
        peer.name() + (threads == 1 ? ", 1 thread" : ", " + threads + " threads"),
        () -> {
          peer.threads(threads);
          run.run();
        });
  }

  /** Requires equal results: a peer that computes something else is not a peer. */
  private static void verify(
      GemmPeer peer, GemmShape shape, float[] a, float[] b, GemmPeer.Products products) {
    float[] expected = new float[shape.count() * shape.m() * shape.n()];
    ScalarGemm.INSTANCE.run(shape, a, 0, b, 0, expected, 0);
    products.run(0, shape.count());
    float[] got = products.result();
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(got[i] - expected[i]) <= 1e-4)) {
        throw new IllegalStateException(
            "%s: element %d is %s, expected %s".formatted(peer.name(), i, got[i], expected[i]));
      }
    }
  }
}
