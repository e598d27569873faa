// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.DataSets;
import org.rigor.data.GaussianMixture;
import org.rigor.data.GaussianRing;
import org.rigor.data.ImageFolder;
import org.rigor.data.Mnist1dLike;
import org.rigor.data.Split;
import org.rigor.data.TwoMoons;
import org.rigor.data.UserData;
import org.rigor.io.DataException;
import org.rigor.run.ByType;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** The data sets a study names, each loaded once. */
public final class StudyData {
  private final DataRoots roots;
  private final Optional<Path> folder;
  private final Map<DataSpec, DataSet> loaded = new LinkedHashMap<>();
  private final Map<List<Object>, StudySamples> samples = new LinkedHashMap<>();

  public StudyData(Optional<Path> folder) {
    this.folder = folder;
    this.roots = DataRoots.standard(folder.orElse(null));
  }

  /** Returns the samples of a trial. */
  public synchronized StudySamples samples(TrialSpec spec) {
    List<Object> key =
        List.of(
            spec.data(),
            spec.training().heldOut(),
            spec.training().samples(),
            spec.training().labelNoise());
    return samples.computeIfAbsent(key, k -> StudySamples.of(load(spec.data()), spec));
  }

  public synchronized DataSet load(DataSpec spec) {
    return loaded.computeIfAbsent(spec, readers::apply);
  }

  private final ByType<DataSpec, DataSet> readers =
      ByType.<DataSpec, DataSet>of(DataSpec.class)
          .put(DataSpec.Whole.class, d -> split(published(d.type()), d.heldOut()))
          .put(DataSpec.Parted.class, d -> first(published(d.type()), d.parts()))
          .put(DataSpec.Mnist1d.class, this::curves)
          .put(DataSpec.GaussianMixture.class, this::mixture)
          .put(DataSpec.GaussianRing.class, this::ring)
          .put(DataSpec.TwoMoons.class, this::moons)
          .put(DataSpec.Npz.class, this::npz)
          .put(DataSpec.Csv.class, this::csv)
          .put(DataSpec.Idx.class, this::idx)
          .put(
              DataSpec.ImageFolder.class,
              d -> split(ImageFolder.read(resolve(d.path())), d.heldOut()))
          .complete();

  private DataSet published(String name) {
    return DataSets.load(name, roots);
  }

  private DataSet curves(DataSpec.Mnist1d d) {
    DataSet all = new Mnist1dLike(d.samples(), d.generatorSeed()).load(roots);
    return split(all, d.testShare(), d.generatorSeed());
  }

  private DataSet mixture(DataSpec.GaussianMixture d) {
    double[] mean = new double[d.dimension()];
    Arrays.fill(mean, d.separation() / 2 / Math.sqrt(d.dimension()));
    DataSet all = new GaussianMixture(d.samples(), mean, d.noise(), d.generatorSeed()).load(roots);
    return split(all, d.testShare(), d.generatorSeed());
  }

  private DataSet ring(DataSpec.GaussianRing d) {
    return new GaussianRing(d.classes(), d.radius(), d.train(), d.test(), d.generatorSeed())
        .load(roots);
  }

  private DataSet moons(DataSpec.TwoMoons d) {
    DataSet all = new TwoMoons(d.samples(), d.noise(), d.generatorSeed()).load(roots);
    return split(all, d.testShare(), d.generatorSeed());
  }

  private DataSet npz(DataSpec.Npz d) {
    DataSet all = UserData.npz(resolve(d.path()), box(d.bounds()), 0);
    UserData.requireClasses(all);
    return split(noted(images(all, d.image())), d.heldOut());
  }

  private DataSet csv(DataSpec.Csv d) {
    DataSet all = UserData.csv(resolve(d.path()), d.label(), box(d.bounds()), 0);
    return split(images(all, d.image()), d.heldOut());
  }

  /** Returns samples that are rows or columns of numbers as the images that they are. */
  private static DataSet images(DataSet d, Optional<List<Integer>> image) {
    if (image.isEmpty()) {
      return d;
    }
    Shape to = Shape.of(image.get().stream().mapToInt(Integer::intValue).toArray());
    long longAxes = Arrays.stream(d.sampleShape().dims()).filter(n -> n != 1).count();
    if (to.size() != d.sampleShape().size() || longAxes > 1) {
      throw new RunException(
          ExitCode.USAGE,
          "data.image: needs samples of %d numbers in a row or column, those of %s are %s"
              .formatted(to.size(), d.name(), d.sampleShape()));
    }
    return DataSet.of(
            d.name(),
            d.inputs().reshape(to.insert(0, d.size())),
            d.labels(),
            d.classes(),
            d.box(),
            d.split(),
            d.sources(),
            d.licence())
        .noted(d.notes());
  }

  private static DataSet first(DataSet all, DataSpec.Parts parts) {
    return all.first(
        part("train", parts.train(), all.name(), all.split().train().length),
        part("test", parts.test(), all.name(), all.split().test().length));
  }

  private static int part(String key, int asked, String name, int there) {
    if (asked > there) {
      throw new RunException(
          ExitCode.USAGE,
          "data.%s: must be at most the %d samples of %s, got %d"
              .formatted(key, there, name, asked));
    }
    return asked == 0 ? -1 : asked;
  }

  private Path resolve(String path) {
    return folder.map(f -> f.resolve(path)).orElse(Path.of(path));
  }

  private static DataSet split(DataSet all, DataSpec.HeldOut held) {
    return split(all, held.testShare(), held.splitSeed());
  }

  private static DataSet split(DataSet all, double testShare, long seed) {
    if (all.classes() < 2 || all.classes() > all.size()) {
      throw new DataException(
          "%s: a classifier needs 2 classes at least and a sample of each; the labels run to %d in %d samples"
              .formatted(all.name(), all.classes() - 1, all.size()));
    }
    int test = Math.max(1, (int) Math.round(all.size() * testShare));
    return all.with(Split.stratified(all.labels(), all.classes(), test, seed));
  }

  /** Reads training files, then test files, as one set. */
  private DataSet idx(DataSpec.Idx d) {
    DataSet train = UserData.pair(resolve(d.images()), resolve(d.labels()), box(d.bounds()), 0);
    UserData.requireClasses(train);
    DataSet test =
        UserData.pair(
            resolve(d.testImages()), resolve(d.testLabels()), box(d.bounds()), train.classes());
    if (!train.sampleShape().equals(test.sampleShape())) {
      throw new DataException(
          d.testImages()
              + ": test samples have shape "
              + test.sampleShape()
              + ", training samples "
              + train.sampleShape());
    }
    boolean wide = train.inputs().dtype() == DType.F64 || test.inputs().dtype() == DType.F64;
    HostTensor first = wide ? train.inputs().toDouble() : train.inputs().toFloat();
    HostTensor second = wide ? test.inputs().toDouble() : test.inputs().toFloat();
    int[] y = Arrays.copyOf(train.labels(), train.size() + test.size());
    System.arraycopy(test.labels(), 0, y, train.size(), test.size());
    Shape shape = train.inputs().shape().with(0, y.length);
    HostTensor x = HostTensor.zeros(new TensorType(first.dtype(), shape));
    int n = Math.toIntExact(first.shape().size());
    System.arraycopy(first.array(), 0, x.array(), 0, n);
    System.arraycopy(second.array(), 0, x.array(), n, Math.toIntExact(second.shape().size()));
    return noted(
        DataSet.of(
                train.name(),
                x,
                y,
                train.classes(),
                train.box(),
                Split.at(train.size(), y.length),
                Stream.concat(train.sources().stream(), test.sources().stream()).toList(),
                train.licence())
            .noted(train.notes()));
  }

  private static Box box(DataSpec.Bounds b) {
    return b.box().isPresent() ? Box.NONE : new Box(b.low().orElse(0.0), b.high().orElse(1.0));
  }

  /**
   * Adds a note if the axes may be in the wrong order, which no reader can tell from the numbers.
   */
  private static DataSet noted(DataSet d) {
    if (!Architectures.channelsSeemFirst(d.sampleShape())) {
      return d;
    }
    List<String> notes = new ArrayList<>(d.notes());
    notes.add("samples " + d.sampleShape() + ": " + Architectures.CHANNELS_FIRST);
    return d.noted(notes);
  }

  public static DataIdentity identity(DataSet d) {
    List<Integer> shape = Arrays.stream(d.sampleShape().dims()).boxed().toList();
    return new DataIdentity(
        d.name(),
        d.sha256(),
        shape,
        d.classes(),
        d.split().train().length,
        d.split().test().length,
        d.notes());
  }

  /** Returns the inputs of a part in the precision of a study, [N, features...]. */
  public static HostTensor inputs(DataSet d, int[] part, Precision precision) {
    HostTensor x = d.inputs(part);
    return precision == Precision.F64 ? x.toDouble() : x.toFloat();
  }

  public static HostTensor labels(DataSet d, int[] part) {
    return HostTensor.of(Shape.of(part.length), d.labels(part));
  }
}
