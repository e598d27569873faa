// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Certifier of M models on N samples over a curve of radii. A verified ball verifies all smaller
 * ones, so the first certificate finds each sample's radius by bisection; later ones continue from
 * there, radius by radius. If several certificates examined a radius, the margins with the largest
 * least margin are kept, with the certificate's name.
 */
public final class Certifier implements AutoCloseable {
  /** Samples of a model per run on the CPU; more would not fit in cache. */
  private static final int CPU_SLOTS = 8;

  /** Samples of a model per run elsewhere; fewer would leave most of a GPU idle. */
  private static final int SLOTS = 1024;

  /**
   * Most bytes of one value: backward bounds of every unit of a convolution take a matrix of units
   * by units per sample.
   */
  private static final long LARGEST = 1L << 28;

  private final Device device;
  private final Network network;
  private final List<Certificate> certificates;
  private final Box box;
  private final Norm norm;
  private final Models networks;
  private final boolean owns;
  private final Workspace space;
  private final int models;
  private final Kind kind;
  private Kept kept;

  /**
   * @param points staging array, reused across runs: first touch costs more than filling it
   */
  private record Kept(Certificate certificate, int most, Executable program, double[] points) {}

  /**
   * Creates a certifier of networks on the host.
   *
   * @param values stored parameters by name, [M, shape...]; upcast exactly
   * @param box the range of valid inputs; perturbed inputs are kept in it
   * @throws IllegalArgumentException if a parameter has no value or there is no certificate
   */
  public Certifier(
      Device device,
      Network network,
      Map<String, HostTensor> values,
      List<Certificate> certificates,
      Box box,
      Norm norm) {
    this(Models.of(device, network, values), true, certificates, box, norm);
  }

  /**
   * Creates a certifier of networks, which must stay open while it is used.
   *
   * @param networks M of them; their parameters are upcast exactly
   * @param box the range of valid inputs; perturbed inputs are kept in it
   * @throws IllegalArgumentException if there is no certificate
   */
  public Certifier(Models networks, List<Certificate> certificates, Box box, Norm norm) {
    this(networks, false, certificates, box, norm);
  }

  private Certifier(
      Models networks, boolean owns, List<Certificate> certificates, Box box, Norm norm) {
    this.networks = networks;
    this.owns = owns;
    this.device = networks.device();
    this.network = networks.network();
    this.certificates = List.copyOf(certificates);
    this.box = box;
    this.norm = norm;
    if (certificates.isEmpty() || network.outputs() < 2) {
      release(networks, owns);
      throw new IllegalArgumentException(
          "certify: needs at least one certificate and two classes, got "
              + certificates
              + " and "
              + network.outputs());
    }
    this.models = networks.count();
    this.kind = network.kindOfSides();
    this.space = new Workspace(device, "certify");
    networks.share(space, DType.F64);
  }

  /**
   * @param x samples [N, features...], inside the box
   * @param labels I32 [N], each in [0, outputs)
   * @param epsilons ascending radii, each finite and at least 0
   * @throws IllegalArgumentException if an argument is out of range
   */
  public CertifiedCurve run(HostTensor x, HostTensor labels, List<Double> epsilons) {
    check(x, labels, epsilons);
    int samples = x.shape().dim(0);
    int[][] survived = new int[models][samples];
    var margins = new CertifiedCurve.Margins[models][samples][epsilons.size()];
    for (Certificate c : certificates) {
      boolean climb = c != certificates.get(0);
      int most = Math.min(samples, device.info().gpu() ? SLOTS : CPU_SLOTS);
      Kept compiled = compiled(c, most);
      int slots = compiled.program().input("x").type().shape().dim(1);
      new Search(compiled, x, labels, epsilons, slots, survived, margins, climb).run();
    }
    return new CertifiedCurve(survived, margins, kind);
  }

  /** Compiles the program of a certificate; keeps the last one for the next call. */
  private Kept compiled(Certificate c, int most) {
    if (kept != null && kept.certificate() == c && kept.most() == most) {
      return kept;
    }
    release();
    Executable e = space.halving(n -> program(c, n), most, LARGEST);
    double[] points = new double[Math.toIntExact(e.input("x").type().shape().size())];
    kept = new Kept(c, most, e, points);
    return kept;
  }

  private static void release(Models networks, boolean owns) {
    if (owns) {
      networks.close();
    }
  }

  private void release() {
    if (kept != null) {
      space.release(kept.program());
      kept = null;
    }
  }

  /**
   * Traces every certificate without computing anything.
   *
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public void requireRules() {
    certificates.forEach(c -> program(c, 1));
  }

  private void check(HostTensor x, HostTensor labels, List<Double> epsilons) {
    int samples = x.shape().dim(0);
    if (!x.shape().equals(network.input().insert(0, samples))) {
      throw new IllegalArgumentException(
          "certify: x must be [N, features...] of " + network.input() + ", got " + x.shape());
    }
    if (labels.dtype() != DType.I32 || !labels.shape().equals(Shape.of(samples))) {
      throw new IllegalArgumentException(
          "certify: labels must be i32[" + samples + "], got " + labels.type());
    }
    for (int y : labels.ints()) {
      if (y < 0 || y >= network.outputs()) {
        throw new IllegalArgumentException(
            "certify: labels must lie in [0, " + network.outputs() + "), got " + y);
      }
    }
    x.firstOutside(box.lower(), box.upper())
        .ifPresent(
            i -> {
              throw new IllegalArgumentException(
                  "certify: inputs must lie in the box "
                      + box
                      + ", element "
                      + i
                      + " is "
                      + x.get(i));
            });
    double last = -1;
    for (double e : epsilons) {
      if (!(e >= 0) || Double.isInfinite(e) || e <= last) {
        throw new IllegalArgumentException(
            "certify: epsilons must ascend, finite and >= 0, got " + epsilons);
      }
      last = e;
    }
  }

  /** Traces the lower margins of each slot over each class. */
  Program program(Certificate certificate, int slots) {
    Program.Builder b = Program.builder("certify-" + certificate.name());
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, slots).insert(0, models);
    Value x = b.input("x", new TensorType(DType.F64, shape));
    int[] ones = new int[shape.rank()];
    Arrays.fill(ones, 1);
    ones[0] = models;
    ones[1] = slots;
    Value epsilon = b.input("epsilon", new TensorType(DType.F64, Shape.of(ones)));
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(models, slots)));
    Value oneHot = F.oneHot(y, network.outputs(), DType.F64);
    Region region = Region.of(x, epsilon, norm, box);
    Value margins = certificate.margins(network.apply(p, x), region, oneHot); // [M, K, B, 1]
    b.output("margins", F.reshape(margins, Shape.of(models, network.outputs(), slots)));
    return b.build();
  }

  @Override
  public void close() {
    release();
    space.close();
    release(networks, owns);
  }

  /**
   * Search in which each model processes its own queue of samples, a fixed number of slots at a
   * time.
   */
  private final class Search {
    private final Executable program;
    private final double[] points;
    private final HostTensor x;
    private final HostTensor labels;
    private final List<Double> epsilons;
    private final int slots;
    private final int[][] verified;
    private final int[][] limit;
    private final CertifiedCurve.Margins[][][] margins;
    private final boolean climb;
    private final String method;

    Search(
        Kept compiled,
        HostTensor x,
        HostTensor labels,
        List<Double> epsilons,
        int slots,
        int[][] verified,
        CertifiedCurve.Margins[][][] margins,
        boolean climb) {
      this.program = compiled.program();
      this.points = compiled.points();
      this.x = x;
      this.labels = labels;
      this.epsilons = epsilons;
      this.slots = slots;
      this.verified = verified;
      this.limit = new int[models][x.shape().dim(0)];
      this.margins = margins;
      this.method = compiled.certificate().name();
      this.climb = climb;
    }

    void run() {
      List<Deque<Integer>> queues = new ArrayList<>();
      for (int m = 0; m < models; m++) {
        Deque<Integer> queue = new ArrayDeque<>();
        for (int n = 0; n < limit[m].length; n++) {
          limit[m][n] = epsilons.size();
          if (verified[m][n] < limit[m][n]) {
            queue.add(n);
          }
        }
        queues.add(queue);
      }
      while (queues.stream().anyMatch(q -> !q.isEmpty())) {
        int[][] taken = new int[models][];
        for (int m = 0; m < models; m++) {
          taken[m] = new int[Math.min(slots, queues.get(m).size())];
          Arrays.setAll(taken[m], take(queues.get(m)));
        }
        step(taken);
        for (int m = 0; m < models; m++) {
          for (int n : taken[m]) {
            if (verified[m][n] < limit[m][n]) {
              queues.get(m).add(n);
            }
          }
        }
      }
    }

    private IntUnaryOperator take(Deque<Integer> queue) {
      return i -> queue.remove();
    }

    private int level(int m, int n) {
      return climb ? verified[m][n] : (verified[m][n] + limit[m][n]) / 2;
    }

    private void step(int[][] taken) {
      int features = (int) (x.shape().size() / x.shape().dim(0));
      IntStream.range(0, models * slots)
          .parallel()
          .forEach(
              at -> {
                int[] own = taken[at / slots];
                int n = at % slots < own.length ? own[at % slots] : 0;
                x.copy(n * features, features, points, at * features);
              });
      double[] radii = new double[models * slots];
      int[] classes = new int[models * slots];
      for (int m = 0; m < models; m++) {
        for (int s = 0; s < slots; s++) {
          boolean used = s < taken[m].length;
          int n = used ? taken[m][s] : 0; // idle slots compute sample 0 and discard it
          int at = m * slots + s;
          radii[at] = used ? epsilons.get(level(m, n)) : 0;
          classes[at] = labels.ints()[n];
        }
      }
      program.input("x").write(HostTensor.of(program.input("x").type().shape(), points));
      program.input("epsilon").write(HostTensor.of(program.input("epsilon").type().shape(), radii));
      program.input("y").write(HostTensor.of(Shape.of(models, slots), classes));
      program.run();
      double[] all = program.output("margins").read().doubles(); // [M, K, B]
      int k = network.outputs();
      for (int m = 0; m < models; m++) {
        for (int s = 0; s < taken[m].length; s++) {
          int n = taken[m][s];
          double[] own = new double[k];
          double least = Double.POSITIVE_INFINITY;
          for (int j = 0; j < k; j++) {
            own[j] = all[(m * k + j) * slots + s];
            least = j == labels.ints()[n] ? least : Math.min(least, own[j]); // NaN propagates
          }
          own[labels.ints()[n]] = Double.NaN;
          record(m, n, new CertifiedCurve.Margins(method, least, own));
        }
      }
    }

    private void record(int m, int n, CertifiedCurve.Margins found) {
      int level = level(m, n);
      CertifiedCurve.Margins before = margins[m][n][level];
      double lower = found.least();
      if (before == null || Double.isNaN(before.least()) || lower > before.least()) {
        margins[m][n][level] = found;
      }
      if (lower > 0) {
        verified[m][n] = level + 1;
      } else {
        limit[m][n] = level;
      }
    }
  }
}
