// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
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

  private final Device device;
  private final Network network;
  private final List<Certificate> certificates;
  private final Box box;
  private final Norm norm;
  private final Models networks;
  private final int models;
  private final Kind kind;
  private Search search;

  /** Certificate of {@link #search}. */
  private Certificate kept;

  /** Most slots of {@link #search}. */
  private int slots;

  /**
   * Creates a certifier of networks, which must stay open while it is used.
   *
   * @param networks M of them; their parameters are upcast exactly
   * @param box the range of valid inputs; perturbed inputs are kept in it
   * @throws IllegalArgumentException if there is no certificate
   */
  public Certifier(Models networks, List<Certificate> certificates, Box box, Norm norm) {
    this.networks = networks;
    this.device = networks.device();
    this.network = networks.network();
    this.certificates = List.copyOf(certificates);
    this.box = box;
    this.norm = norm;
    if (certificates.isEmpty() || network.outputs() < 2) {
      throw new IllegalArgumentException(
          "certify: needs at least one certificate and two classes, got "
              + certificates
              + " and "
              + network.outputs());
    }
    this.models = networks.count();
    this.kind = network.kindOfSides();
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
    int most = Math.min(samples, device.info().gpu() ? SLOTS : CPU_SLOTS);
    for (Certificate c : certificates) {
      boolean climb = c != certificates.get(0);
      compiled(c, most).run(x, labels, epsilons, survived, margins, climb);
    }
    return new CertifiedCurve(survived, margins, kind);
  }

  /** Compiles a certificate; keeps the last one for the next call. */
  private Search compiled(Certificate c, int most) {
    if (search != null && kept == c && slots == most) {
      return search;
    }
    release();
    search = new Search(networks, c.name(), n -> pass(c, n), most);
    kept = c;
    slots = most;
    return search;
  }

  private void release() {
    if (search != null) {
      search.close();
      search = null;
    }
  }

  /**
   * Traces every certificate without computing anything.
   *
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public void requireRules() {
    certificates.forEach(c -> pass(c, 1));
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

  /** Traces a pass over the samples in all slots. */
  private Program pass(Certificate certificate, int slots) {
    Program.Builder b = Program.builder("certify-" + certificate.name());
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, slots).insert(0, models);
    Value x = b.input("slot/x", new TensorType(DType.F64, shape));
    Value epsilon = b.input("slot/epsilon", new TensorType(DType.F64, SearchWork.ones(shape)));
    Value y = b.input("slot/label", new TensorType(DType.I32, Shape.of(models, slots)));
    Value oneHot = F.oneHot(y, network.outputs(), DType.F64);
    Region region = Region.of(x, epsilon, norm, box);
    Value all = certificate.margins(network.apply(p, x), region, oneHot); // [M, K, B, 1]
    Value margins = F.transpose(F.reshape(all, all.shape().remove(3)), List.of(0, 2, 1));
    b.output("slot/margins", margins);
    SearchWork.move(b, margins, oneHot);
    return b.build();
  }

  @Override
  public void close() {
    release();
  }
}
