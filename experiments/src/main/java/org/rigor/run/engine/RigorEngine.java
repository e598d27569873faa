// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.data.DataSet;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Products;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.onnx.OnnxExport;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.measure.Measurements;
import org.rigor.run.measure.UnexpectedMeasurement;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.setup.Methods;
import org.rigor.run.setup.Networks;
import org.rigor.run.setup.StudyData;
import org.rigor.run.setup.StudyNetworks;
import org.rigor.run.study.AugmentSpec;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.study.WeightsSpec;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.Augmentation;

/** A device with the data of a study. */
final class RigorEngine implements StudyEngine {
  /** Raised by hand whenever results may change; part of every trial's id. */
  static final int NUMERICS = 6;

  /** Two packs fill the gaps that one leaves; more would only split the memory of the GPU. */
  private static final int PACKS_AT_ONCE = 2;

  private final Device device;
  private final List<Device> beside = new ArrayList<>();
  private final StudyData data;
  private final StudyNetworks networks;

  /** Combinations of data, network and measurement already found to fit. */
  private final Set<List<Object>> measurable = new HashSet<>();

  private final Set<List<Object>> trainable = new HashSet<>();

  RigorEngine(EngineProvider.Request request) {
    this.device = open(request.device());
    this.data = new StudyData(request.dataFolder());
    this.networks = new StudyNetworks(request.dataFolder());
  }

  /** Opens a device; throws with exit code 3 if it is missing. */
  static Device open(String kind) {
    try {
      return Device.open(kind);
    } catch (DeviceException e) {
      throw new RunException(ExitCode.ENVIRONMENT, e.getMessage(), e);
    }
  }

  @Override
  public String deviceKind() {
    return device.info().kind();
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public String deviceLine() {
    return device.info().kind() + ": " + device.info().name() + " (" + device.info().reason() + ")";
  }

  @Override
  public int numerics() {
    return NUMERICS;
  }

  @Override
  public DataIdentity data(DataSpec spec) {
    DataSet d = data.load(spec);
    return StudyData.identity(d);
  }

  @Override
  public List<NetworkIdentity> networks(ModelSpec model) {
    return networks.identities(model);
  }

  @Override
  public void check(TrialSpec spec) {
    if (spec.model() instanceof ModelSpec.Files) {
      DataSet d = networks.fitted(spec.model(), data.samples(spec).data());
      measurable(spec, networks.of(spec, d), d);
      return;
    }
    products(spec);
    DataSet d = data.samples(spec).data();
    if (spec.training().batchSize() > d.split().train().length) {
      throw new RunException(
          ExitCode.USAGE,
          "training.batch-size: must be at most the number of training samples, %d of %s, got %d"
              .formatted(d.split().train().length, d.name(), spec.training().batchSize()));
    }
    spec.training().augment().ifPresent(a -> augmented(a, d));
    Network network = networks.of(spec, d);
    MethodSpec method = spec.method();
    if (method.batchNorm().isPresent() && !network.hasBuffers()) {
      throw new RunException(
          ExitCode.USAGE,
          "training.methods: 'batch-norm' of %s has no effect, the network has no batch norm"
              .formatted(method.name()));
    }
    boolean chosen = method.weights().map(w -> w instanceof WeightsSpec.HeldOut).orElse(false);
    if (chosen && spec.training().heldOut().isEmpty()) {
      throw new RunException(
          ExitCode.USAGE,
          "training.methods: %s keeps the epoch best on held-out samples; set 'held-out'"
              .formatted(method.name()));
    }
    if (spec.training().labelSmoothing() > 0 && !Methods.method(method).smooths()) {
      throw new RunException(
          ExitCode.USAGE,
          "training.label-smoothing: %s has targets of its own, so it must be 0, got %s"
              .formatted(method.name(), spec.training().labelSmoothing()));
    }
    if (trainable.add(List.of(spec.data(), spec.model(), Methods.method(method)))) {
      Networks.require(spec, network, d);
    }
    measurable(spec, network, d);
  }

  private void measurable(TrialSpec spec, Network network, DataSet d) {
    List<MeasurementSpec> all = new ArrayList<>(spec.measurements());
    spec.training().probe().ifPresent(p -> all.addAll(p.measurements()));
    for (MeasurementSpec m : all) {
      if (measurable.add(List.of(spec.data(), spec.model(), m))) {
        Measurements.require(m, device, network, d.box());
        if (m instanceof CalibrationSpecs.UnexpectedInputs u) {
          UnexpectedMeasurement.requireOthers(u, d, data::load);
        }
      }
    }
  }

  private void products(TrialSpec spec) {
    Products products = Networks.products(spec);
    if (products != Products.EXACT && spec.precision() == Precision.F64) {
      throw new RunException(
          ExitCode.USAGE,
          "training.products: %s rounds products of floats, but the precision is f64"
              .formatted(products));
    }
    try {
      device.require(products);
    } catch (DeviceException e) {
      throw new RunException(ExitCode.ENVIRONMENT, "training.products: " + e.getMessage(), e);
    }
  }

  private static void augmented(AugmentSpec spec, DataSet d) {
    Shape sample = d.sampleShape();
    if (!new Augmentation(spec.crop(), spec.flip()).fits(sample)) {
      throw new RunException(
          ExitCode.USAGE,
          "training.augment: crops by %d and flips need images [H, W, C] larger than that, the data '%s' has samples %s"
              .formatted(spec.crop(), d.name(), sample));
    }
  }

  @Override
  public OnnxModel onnx(TrialSpec spec, Path stored) {
    DataSet d = data.samples(spec).data();
    if (!(networks.of(spec, d) instanceof Sequential network)) {
      throw new RunException(ExitCode.USAGE, "the study's networks are ONNX files already");
    }
    DType type = Networks.training(spec, network, d).dtype();
    try {
      Map<String, HostTensor> own = StoredNetwork.read(stored, network, type).parameters();
      return OnnxExport.of(spec.method().name() + ", seed " + spec.seed(), network, own);
    } catch (UnsupportedOperationException e) {
      throw new RunException(ExitCode.USAGE, e.getMessage(), e);
    }
  }

  @Override
  public Map<String, String> provenance() {
    Map<String, String> p = new LinkedHashMap<>();
    p.put("device", device.info().name());
    p.put("device_kind", device.info().kind());
    p.putAll(new java.util.TreeMap<>(device.info().details()));
    return p;
  }

  /** Returns 1 on the CPU: every pack uses all threads, so a second one would only wait. */
  @Override
  public int packsAtOnce() {
    return device.info().gpu() ? PACKS_AT_ONCE : 1;
  }

  @Override
  public PackRunner runner() {
    return runners(1).get(0);
  }

  @Override
  public List<PackRunner> runners(int count) {
    if (count > 1 && !device.info().gpu()) {
      return StudyEngine.super.runners(count);
    }
    List<PackRunner> runners = new ArrayList<>();
    runners.add(new EnginePackRunner(device, data, networks, count));
    for (int i = 1; i < count; i++) {
      if (beside.size() < i) { // else an earlier study opened it
        beside.add(device.beside("packs " + (i + 1)));
      }
      runners.add(new EnginePackRunner(beside.get(i - 1), data, networks, count));
    }
    return runners;
  }

  @Override
  public void close() {
    beside.forEach(Device::close);
    device.close();
  }
}
