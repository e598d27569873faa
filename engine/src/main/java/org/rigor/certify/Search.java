// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.Slots;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Scale;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/** A certificate compiled for many slots, and the queue of its last run. */
final class Search implements Stage {
  /**
   * Most bytes of one value: backward bounds of every unit of a convolution take a matrix of units
   * by units per sample.
   */
  private static final long LARGEST = 1L << 28;

  private final Models networks;
  private final String method;
  private final Workspace slots;
  private final Workspace.Cut pass;
  private Workspace turns;
  private SearchWork work;
  private SlotQueue queue;

  Search(Certificate certificate, Setup setup) {
    this.networks = setup.networks();
    this.method = certificate.name();
    this.slots = new Workspace(networks.device(), "certify");
    try {
      networks.share(slots, DType.F64);
      setup.scale().ifPresent(s -> slots.put(Scale.NAME, s.buffer(networks.network().input())));
      this.pass =
          slots.halving(
              n -> pass(certificate, setup, n),
              setup.slots(),
              LARGEST,
              name -> name.startsWith(Slots.PREFIX));
    } catch (RuntimeException | Error e) {
      slots.close();
      throw e;
    }
  }

  /** Traces a pass over the samples in all slots. */
  static Program pass(Certificate certificate, Setup setup, int slots) {
    Network network = setup.networks().network();
    int models = setup.networks().count();
    Program.Builder b = Program.builder("certify-" + certificate.name());
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, slots).insert(0, models);
    Value x = b.input("slot/x", new TensorType(DType.F64, shape));
    Value epsilon = b.input("slot/epsilon", new TensorType(DType.F64, SearchWork.ones(shape)));
    Value y = b.input("slot/label", new TensorType(DType.I32, Shape.of(models, slots)));
    Value oneHot = F.oneHot(y, network.outputs(), DType.F64);
    Value width =
        setup.scale().map(s -> Scale.widths(epsilon, s.input(b, network.input()))).orElse(epsilon);
    Region region = Region.of(x, width, setup.norm(), setup.box());
    Value all = certificate.margins(network.apply(p, x), region, oneHot); // [M, K, B, 1]
    Value margins = F.transpose(F.reshape(all, all.shape().remove(3)), List.of(0, 2, 1));
    b.output("slot/margins", margins);
    SearchWork.move(b, margins, oneHot);
    return b.build();
  }

  @Override
  public void run(
      HostTensor x,
      HostTensor labels,
      List<Double> epsilons,
      int[][] survived,
      int[][] limits,
      CertifiedCurve.Margins[][][] margins,
      boolean climb) {
    int samples = x.shape().dim(0);
    int radii = epsilons.size();
    Pool open =
        Pool.where(
            networks.count(),
            samples,
            i -> survived[i / samples][i % samples] < limits[i / samples][i % samples]);
    if (open.isEmpty()) {
      return;
    }
    HostTensor own = x.dtype() == DType.F32 ? x : x.toDouble();
    boolean all = Arrays.stream(limits).flatMapToInt(Arrays::stream).allMatch(l -> l == radii);
    prepare(own, epsilons, climb, all);
    queue.put(SearchWork.X, own.reshape(own.shape().insert(0, 1)));
    queue.put(SearchWork.LABEL, labels.reshape(Shape.of(1, samples)));
    Shape each = Shape.of(networks.count(), samples);
    queue.put(SearchWork.VERIFIED, HostTensor.of(each, flat(survived)));
    if (!all) {
      queue.put(SearchWork.LIMIT, HostTensor.of(each, flat(limits)));
    }
    pass.once().ifPresent(Executable::run);
    Map<String, HostTensor> found = queue.run(open, List.of("passes", "level", "margins"));
    int[] passes = found.get("passes").ints();
    int[] level = found.get("level").ints();
    double[] lower = found.get("margins").doubles();
    int classes = work.classes();
    for (int i : open.each()) {
      int m = i / samples;
      int n = i % samples;
      for (int p = i * work.passes(); p < i * work.passes() + passes[i]; p++) {
        CertifiedCurve.Margins one =
            CertifiedCurve.Margins.of(method, lower, p * classes, classes, labels.ints()[n]);
        Stage.keep(margins[m][n], level[p], one);
        if (one.least() > 0) {
          survived[m][n] = level[p] + 1;
        }
      }
    }
  }

  private static int[] flat(int[][] all) {
    return Arrays.stream(all).flatMapToInt(Arrays::stream).toArray();
  }

  /**
   * @param all whether every sample is looked at up to the largest radius
   */
  private void prepare(HostTensor x, List<Double> epsilons, boolean climb, boolean all) {
    int models = networks.count();
    int radii = epsilons.size();
    int at = slots.get("slot/x").type().shape().dim(1);
    int classes = networks.network().outputs();
    int samples = x.shape().dim(0);
    Shape input = networks.network().input();
    SearchWork wanted =
        new SearchWork(input, x.dtype(), classes, models, samples, at, radii, climb, all);
    HostTensor values =
        HostTensor.of(Shape.of(1, radii), epsilons.stream().mapToDouble(e -> e).toArray());
    if (wanted.equals(work)) {
      turns.put("radii", values);
      return;
    }
    forget();
    turns = new Workspace(networks.device(), "certify queue");
    slots.all().forEach(turns::share);
    turns.put("radii", values);
    queue = new SlotQueue(turns, wanted, models, samples, at, List.of(Sequence.run(pass.each())));
    work = wanted;
  }

  private void forget() {
    if (turns != null) {
      turns.close();
      turns = null;
      work = null;
    }
  }

  @Override
  public void close() {
    forget();
    slots.close();
  }
}
