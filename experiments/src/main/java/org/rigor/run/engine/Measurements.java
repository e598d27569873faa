// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.lipschitz.ProductBound;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.NoiseSpecs;
import org.rigor.run.study.PluginMeasurement;
import org.rigor.run.study.RobustnessSpecs;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.yaml.Canonical;
import org.rigor.run.yaml.KeySpec;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;

/** The list of measurements: what each kind in a study's file runs. */
final class Measurements {
  private Measurements() {}

  /** Name of a measurement's phase. */
  static String name(MeasurementSpec spec) {
    if (spec instanceof MeasurementSpec.PgdCurve) {
      return "attack";
    }
    if (spec instanceof MeasurementSpec.Certified) {
      return "certify";
    }
    String type = KeySpec.typeName(spec.getClass());
    return type.contains("lipschitz") || type.contains("jacobian") ? "lipschitz" : type;
  }

  static void run(MeasurementSpec spec, PackMeasurement.Context c) {
    c.kept().making(() -> measure(spec, c));
  }

  private static void measure(MeasurementSpec spec, PackMeasurement.Context c) {
    if (spec instanceof MeasurementSpec.PgdCurve s) {
      new AttackMeasurement(s).run(c);
    } else if (spec instanceof MeasurementSpec.Certified s) {
      new CertifyMeasurement(s).run(c);
    } else if (spec instanceof MeasurementSpec.Lipschitz s) {
      new LipschitzMeasurement(s).run(c);
    } else if (spec instanceof LipschitzSpecs.LipschitzNeighbourhood s) {
      new NeighbourhoodMeasurement(s).run(c);
    } else if (spec instanceof LipschitzSpecs.JacobianGrid s) {
      new GridMeasurement(s).run(c);
    } else if (spec instanceof LipschitzSpecs.SensorError s) {
      new SensorMeasurement(s).run(c);
    } else if (spec instanceof PluginMeasurement s) {
      new AddedMeasurement(s).run(c);
    } else if (spec instanceof RobustnessSpecs.AttackLadder s) {
      new LadderMeasurement(s).run(c);
    } else if (spec instanceof RobustnessSpecs.AttackedCalibration s) {
      new CalibrationMeasurement(s).run(c);
    } else if (spec instanceof RobustnessSpecs.NoiseStability s) {
      new NoiseMeasurement(s).run(c);
    } else if (spec instanceof RobustnessSpecs.Timing s) {
      new TimingMeasurement(s).run(c);
    } else if (spec instanceof CalibrationSpecs.Calibration s) {
      new ReliabilityMeasurement(s).run(c);
    } else if (spec instanceof CalibrationSpecs.UnexpectedInputs s) {
      new UnexpectedMeasurement(s).run(c);
    } else if (spec instanceof NoiseSpecs.CorruptionCurve s) {
      new CorruptionMeasurement(s).run(c);
    } else if (spec instanceof NoiseSpecs.RandomNoise s) {
      new RandomNoiseMeasurement(s).run(c);
    } else if (spec instanceof NoiseSpecs.BoundaryDistance s) {
      new DistanceMeasurement(s).run(c);
    } else if (spec instanceof SparsitySpecs.Sparsity s) {
      new SparsityMeasurement(s).run(c);
    } else if (spec instanceof SparsitySpecs.Spectrum s) {
      new SpectrumMeasurement(s).run(c);
    } else if (spec instanceof SparsitySpecs.Curvature s) {
      new CurvatureMeasurement(s).run(c);
    } else {
      throw new IllegalStateException("measurement without a class that takes it: " + spec);
    }
  }

  /**
   * Finds out before training whether a measurement has the rules a network needs.
   *
   * @throws RunException with exit code 2 if not
   */
  static void require(MeasurementSpec spec, Device device, Network network, Box box) {
    Map<String, HostTensor> values = network.initial(List.of(TrialKey.of(0, "train")));
    try {
      if (spec instanceof MeasurementSpec.Certified s) {
        CertifyMeasurement.require(s, device, network, values, box);
      } else if (spec instanceof MeasurementSpec.Lipschitz s) {
        ProductBound.of(device, network, values, s.norm());
      } else if (spec instanceof LipschitzSpecs.SensorError) {
        ProductBound.of(device, network, values, Norm.L2);
      } else if (spec instanceof LipschitzSpecs.JacobianGrid) {
        GridMeasurement.require(network.input());
      } else if (spec instanceof NoiseSpecs.CorruptionCurve
          || spec instanceof CalibrationSpecs.UnexpectedInputs) {
        ImagePrograms.require(network.input(), box);
      } else if (spec instanceof SparsitySpecs.Sparsity s) {
        SparsityMeasurement.require(device, network, s.layers());
      } else if (spec instanceof SparsitySpecs.Spectrum s) {
        SparsityMeasurement.require(device, network, s.layers());
      }
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      throw new RunException(
          ExitCode.USAGE,
          "measurements: "
              + Canonical.of(spec).getAsJsonObject().get("type").getAsString()
              + " cannot be taken of this network: "
              + e.getMessage());
    }
  }

  /** The first test samples; 0 means all. */
  static int[] part(PackMeasurement.Context c, int samples) {
    int[] test = c.data().split().test();
    return samples == 0 || samples >= test.length ? test : java.util.Arrays.copyOf(test, samples);
  }
}
