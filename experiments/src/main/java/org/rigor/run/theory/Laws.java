// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.List;
import java.util.stream.Stream;
import org.rigor.run.theory.adr.AnnealingSchedule;
import org.rigor.run.theory.adr.DistillationFixedPoint;
import org.rigor.run.theory.adr.LabelRectification;
import org.rigor.run.theory.adr.LinearAdversarialTraining;
import org.rigor.run.theory.adr.LinearAttack;
import org.rigor.run.theory.adr.SoftTargetGradients;
import org.rigor.run.theory.adr.WeightAverage;
import org.rigor.run.theory.adr.WeightPerturbation;
import org.rigor.run.theory.deeplinear.AdversarialNoise;
import org.rigor.run.theory.deeplinear.CollapseThreshold;
import org.rigor.run.theory.deeplinear.DepthAndWidth;
import org.rigor.run.theory.deeplinear.IsometricPlateau;
import org.rigor.run.theory.deeplinear.LazyRate;
import org.rigor.run.theory.deeplinear.MethodSweep;
import org.rigor.run.theory.deeplinear.NoiseRobustness;
import org.rigor.run.theory.deeplinear.OffRangeIdentity;
import org.rigor.run.theory.deeplinear.ReluRobustness;
import org.rigor.run.theory.deeplinear.StationaryPoint;
import org.rigor.run.theory.deeplinear.TrainingCurves;
import org.rigor.run.theory.lipschitz.CertifiedRadii;
import org.rigor.run.theory.lipschitz.ConvolutionMatrices;
import org.rigor.run.theory.lipschitz.ConvolutionNorms;
import org.rigor.run.theory.lipschitz.FeatureDoubleDescent;
import org.rigor.run.theory.lipschitz.GroundTruthNetworks;
import org.rigor.run.theory.lipschitz.LayerSlopes;
import org.rigor.run.theory.lipschitz.SmoothedRadii;
import org.rigor.run.theory.lipschitz.SpectralNorms;
import org.rigor.run.theory.lipschitz.VarianceBound;
import org.rigor.run.theory.sparsity.Anisotropy;
import org.rigor.run.theory.sparsity.BlockGradients;
import org.rigor.run.theory.sparsity.FisherTraceIdentity;
import org.rigor.run.theory.sparsity.LayerNormBound;
import org.rigor.run.theory.sparsity.RandomSupport;
import org.rigor.run.theory.sparsity.Rescaling;
import org.rigor.run.theory.sparsity.SpectralEdges;
import org.rigor.run.theory.sparsity.WeightNoise;
import org.rigor.run.theory.understanding.AdversarialRisk;
import org.rigor.run.theory.understanding.CredibleCoverage;
import org.rigor.run.theory.understanding.DepthApproximation;
import org.rigor.run.theory.understanding.DoubleDescent;
import org.rigor.run.theory.understanding.GaussianApproximations;
import org.rigor.run.theory.understanding.GaussianSamplers;
import org.rigor.run.theory.understanding.LabelNoise;
import org.rigor.run.theory.understanding.NoiseFitting;
import org.rigor.run.theory.understanding.NormConcentration;
import org.rigor.run.theory.understanding.OffManifoldGradients;
import org.rigor.run.theory.understanding.PerturbationRatio;
import org.rigor.run.theory.understanding.PredictorComparison;
import org.rigor.run.theory.understanding.RandomLabels;
import org.rigor.run.theory.understanding.RidgeRisk;
import org.rigor.run.theory.understanding.UniformConvergence;
import org.rigor.run.yaml.Added;
import org.rigor.run.yaml.Listed;

/**
 * The list of laws: every record that {@code type:} can name in a study of {@code type: theory},
 * before those of plugins.
 */
public final class Laws implements Listed.Source {
  /** In the order of the papers' folders. */
  public static final List<Class<? extends Law>> ALL =
      List.of(
          LabelRectification.class,
          AnnealingSchedule.class,
          WeightAverage.class,
          DistillationFixedPoint.class,
          LinearAttack.class,
          LinearAdversarialTraining.class,
          SoftTargetGradients.class,
          WeightPerturbation.class,
          FisherTraceIdentity.class,
          BlockGradients.class,
          LayerNormBound.class,
          SpectralEdges.class,
          Anisotropy.class,
          RandomSupport.class,
          WeightNoise.class,
          Rescaling.class,
          CertifiedRadii.class,
          ConvolutionNorms.class,
          ConvolutionMatrices.class,
          FeatureDoubleDescent.class,
          GroundTruthNetworks.class,
          LayerSlopes.class,
          SmoothedRadii.class,
          SpectralNorms.class,
          VarianceBound.class,
          DoubleDescent.class,
          RidgeRisk.class,
          AdversarialRisk.class,
          UniformConvergence.class,
          RandomLabels.class,
          CredibleCoverage.class,
          DepthApproximation.class,
          LabelNoise.class,
          PerturbationRatio.class,
          NormConcentration.class,
          NoiseFitting.class,
          GaussianSamplers.class,
          GaussianApproximations.class,
          OffManifoldGradients.class,
          PredictorComparison.class,
          OffRangeIdentity.class,
          LazyRate.class,
          TrainingCurves.class,
          IsometricPlateau.class,
          StationaryPoint.class,
          NoiseRobustness.class,
          CollapseThreshold.class,
          AdversarialNoise.class,
          ReluRobustness.class,
          DepthAndWidth.class,
          MethodSweep.class);

  @Override
  public List<Class<? extends Law>> records() {
    return Stream.concat(ALL.stream(), Added.to(Law.class).stream()).toList();
  }
}
