// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.run.ByType;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.NoiseSpecs;
import org.rigor.run.study.OptimalitySpecs;
import org.rigor.run.study.PluginMeasurement;
import org.rigor.run.study.RobustnessSpecs;
import org.rigor.run.study.SmoothingSpecs;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.study.VerdictSpecs;
import org.rigor.run.yaml.KeySpec;

/** The table of measurements, by kind in a study's file. */
public final class Measurements {
  private static final ByType<MeasurementSpec, Measurement> ALL =
      ByType.<MeasurementSpec, Measurement>of(MeasurementSpec.class)
          .put(MeasurementSpec.PgdCurve.class, AttackMeasurement::new)
          .put(MeasurementSpec.CertifiedCurve.class, CertifyMeasurement::new)
          .put(MeasurementSpec.Lipschitz.class, LipschitzMeasurement::new)
          .put(LipschitzSpecs.LipschitzNeighbourhood.class, NeighbourhoodMeasurement::new)
          .put(LipschitzSpecs.JacobianGrid.class, GridMeasurement::new)
          .put(LipschitzSpecs.SensorError.class, SensorMeasurement::new)
          .put(RobustnessSpecs.AttackLadder.class, LadderMeasurement::new)
          .put(RobustnessSpecs.SuiteOfAttacks.class, SuiteMeasurement::new)
          .put(RobustnessSpecs.Masking.class, MaskingMeasurement::new)
          .put(RobustnessSpecs.AttackDistance.class, NearestMeasurement::new)
          .put(RobustnessSpecs.AttackedCalibration.class, CalibrationMeasurement::new)
          .put(RobustnessSpecs.NoiseStability.class, NoiseMeasurement::new)
          .put(RobustnessSpecs.Timing.class, TimingMeasurement::new)
          .put(CalibrationSpecs.Calibration.class, ReliabilityMeasurement::new)
          .put(CalibrationSpecs.UnexpectedInputs.class, UnexpectedMeasurement::new)
          .put(CalibrationSpecs.SelectiveRisk.class, SelectiveMeasurement::new)
          .put(NoiseSpecs.CorruptionCurve.class, CorruptionMeasurement::new)
          .put(NoiseSpecs.RandomNoise.class, RandomNoiseMeasurement::new)
          .put(NoiseSpecs.BoundaryDistance.class, DistanceMeasurement::new)
          .put(SmoothingSpecs.SmoothingCurve.class, SmoothingMeasurement::new)
          .put(SparsitySpecs.Sparsity.class, SparsityMeasurement::new)
          .put(SparsitySpecs.ReluSparsity.class, ReluMeasurement::new)
          .put(SparsitySpecs.Spectrum.class, SpectrumMeasurement::new)
          .put(SparsitySpecs.Curvature.class, CurvatureMeasurement::new)
          .put(VerdictSpecs.VerifyCurve.class, VerdictMeasurement::new)
          .put(VerdictSpecs.Distance.class, RadiusMeasurement::new)
          .put(OptimalitySpecs.Optimality.class, OptimalityMeasurement::new)
          .put(PluginMeasurement.class, AddedMeasurement::new)
          .complete();

  private Measurements() {}

  /** Returns the name of a measurement's phase. */
  public static String name(MeasurementSpec spec) {
    return ALL.apply(spec).phase(KeySpec.typeOf(spec));
  }

  /** Returns about how long a measurement takes beside others. */
  public static int effort(MeasurementSpec spec) {
    return ALL.apply(spec).effort();
  }

  public static void run(MeasurementSpec spec, Context c) {
    c.kept().making(() -> ALL.apply(spec).run(c));
  }

  /**
   * Checks before training that a measurement has the rules a network needs.
   *
   * @throws RunException with exit code 2 if not
   */
  public static void require(MeasurementSpec spec, Device device, Network network, Box box) {
    try {
      ALL.apply(spec).require(new Measurement.Untrained(device, network, box));
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      throw new RunException(
          ExitCode.USAGE,
          "measurements: "
              + KeySpec.typeOf(spec)
              + " cannot be taken of this network: "
              + e.getMessage());
    }
  }

  /** Returns the indices of the first test samples; 0 means all. */
  static int[] part(Context c, int samples) {
    int[] test = c.data().split().test();
    return samples == 0 || samples >= test.length ? test : Arrays.copyOf(test, samples);
  }
}
