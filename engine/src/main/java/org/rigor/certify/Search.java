// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/** A certificate compiled for many slots, and the queue of its last run. */
final class Search implements AutoCloseable {
  /**
   * Most bytes of one value: backward bounds of every unit of a convolution take a matrix of units
   * by units per sample.
   */
  private static final long LARGEST = 1L << 28;

  private final Models networks;
  private final String method;
  private final Workspace slots;
  private final Executable pass;
  private Workspace turns;
  private SearchWork work;
  private SlotQueue queue;

  /**
   * @param method name of the certificate
   * @param traced traces a pass over a number of slots
   * @param most slots to use if memory allows
   */
  Search(Models networks, String method, IntFunction<Program> traced, int most) {
    this.networks = networks;
    this.method = method;
    this.slots = new Workspace(networks.device(), "certify");
    try {
      networks.share(slots, DType.F64);
      this.pass = slots.halving(traced, most, LARGEST);
    } catch (RuntimeException | Error e) {
      slots.close();
      throw e;
    }
  }

  /**
   * Searches the samples whose radii are not all verified.
   *
   * @param survived number of leading epsilons that are verified, [M][N]; raised
   * @param margins [M][N][E]; taken if their least margin is larger than what is there
   * @param climb as {@link SearchWork} takes it
   */
  void run(
      HostTensor x,
      HostTensor labels,
      List<Double> epsilons,
      int[][] survived,
      CertifiedCurve.Margins[][][] margins,
      boolean climb) {
    int samples = x.shape().dim(0);
    int radii = epsilons.size();
    Pool open =
        Pool.where(networks.count(), samples, i -> survived[i / samples][i % samples] < radii);
    if (open.isEmpty()) {
      return;
    }
    HostTensor own = x.dtype() == DType.F32 ? x : x.toDouble();
    prepare(own, epsilons, climb);
    int[] verified = new int[networks.count() * samples];
    for (int m = 0; m < networks.count(); m++) {
      System.arraycopy(survived[m], 0, verified, m * samples, samples);
    }
    queue.put(SearchWork.X, own.reshape(own.shape().insert(0, 1)));
    queue.put(SearchWork.LABEL, labels.reshape(Shape.of(1, samples)));
    queue.put(SearchWork.VERIFIED, HostTensor.of(Shape.of(networks.count(), samples), verified));
    Map<String, HostTensor> found = queue.run(open, List.of("passes", "level", "margins"));
    int[] passes = found.get("passes").ints();
    int[] level = found.get("level").ints();
    double[] all = found.get("margins").doubles();
    int classes = work.classes();
    for (int i : open.each()) {
      int m = i / samples;
      int n = i % samples;
      for (int p = i * work.passes(); p < i * work.passes() + passes[i]; p++) {
        CertifiedCurve.Margins one =
            CertifiedCurve.Margins.of(method, all, p * classes, classes, labels.ints()[n]);
        CertifiedCurve.Margins before = margins[m][n][level[p]];
        if (before == null || Double.isNaN(before.least()) || one.least() > before.least()) {
          margins[m][n][level[p]] = one;
        }
        if (one.least() > 0) {
          survived[m][n] = level[p] + 1;
        }
      }
    }
  }

  private void prepare(HostTensor x, List<Double> epsilons, boolean climb) {
    int models = networks.count();
    int radii = epsilons.size();
    int at = slots.get("slot/x").type().shape().dim(1);
    int classes = networks.network().outputs();
    int samples = x.shape().dim(0);
    Shape input = networks.network().input();
    SearchWork wanted =
        new SearchWork(input, x.dtype(), classes, models, samples, at, radii, climb);
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
    queue = new SlotQueue(turns, wanted, models, samples, at, List.of(Sequence.run(pass)));
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
