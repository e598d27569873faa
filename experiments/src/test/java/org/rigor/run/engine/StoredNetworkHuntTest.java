// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.DataException;
import org.rigor.io.FileHunt;
import org.rigor.io.SafeTensors;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.run.trial.History;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Hunts the reader of stored networks with damaged files: half are damaged as bytes, half in their
 * metadata alone. What is read is what a network stores, down to the text of its metadata.
 *
 * <p>{@code -Drigor.hunt.files=5000} hunts with that many inputs.
 */
class StoredNetworkHuntTest {
  private static final int FEW = 400;
  private static final Network NET = Sequential.mlp(Shape.of(2), List.of(3), Activation.RELU, 2);
  private static final StoredNetwork SOUND = sound();

  @TempDir Path folder;

  private static StoredNetwork sound() {
    Map<String, HostTensor> values = new LinkedHashMap<>();
    for (Parameter p : NET.parameters()) {
      HostTensor t = HostTensor.zeros(new TensorType(DType.F32, p.shape()));
      for (int i = 0; i < t.floats().length; i++) {
        t.floats()[i] = i - 1.5f;
      }
      values.put(p.name(), t);
    }
    Map<String, History> histories = new LinkedHashMap<>();
    histories.put(
        "test/clean-accuracy", new History(new int[] {0, 1, 4}, new double[] {.5, .75, 1}));
    double[] losses = {Double.POSITIVE_INFINITY, 1e-9};
    histories.put("train/loss", new History(new int[] {1, 2}, losses));
    return new StoredNetwork(values, 0.25, histories, Map.of("stopped-epoch", 4.0));
  }

  private Path file() {
    return folder.resolve("f.safetensors");
  }

  private byte[] written(SafeTensors content) {
    try {
      content.write(file());
      return Files.readAllBytes(file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] input(byte[] valid, int round) {
    Random r = FileHunt.random(round);
    if (r.nextBoolean()) {
      return FileHunt.damaged(List.of(valid), round);
    }
    Map<String, String> about = new LinkedHashMap<>(SOUND.file().metadata());
    List<String> keys = new ArrayList<>(about.keySet());
    String key = keys.get(r.nextInt(keys.size()));
    byte[] text = about.get(key).getBytes(StandardCharsets.UTF_8);
    switch (r.nextInt(4)) {
      case 0 -> about.remove(key);
      case 1 -> about.put(key + "x", about.remove(key));
      default ->
          about.put(
              key, new String(FileHunt.damaged(List.of(text), round), StandardCharsets.ISO_8859_1));
    }
    return written(new SafeTensors(SOUND.parameters(), about));
  }

  @Test
  void aDamagedNetworkIsRefusedOrReadForWhatItIs() {
    byte[] valid = written(SOUND.file());
    FileHunt.Tally t =
        FileHunt.run(
            "stored networks",
            "f.safetensors",
            FEW,
            round -> input(valid, round),
            (bytes, round) -> {
              Files.write(file(), bytes);
              SafeTensors stored = SafeTensors.read(file());
              StoredNetwork read = StoredNetwork.read(file(), NET, DType.F32);
              assertThat(read.file().metadata()).isEqualTo(stored.metadata());
              assertThat(read.parameters()).hasSameSizeAs(NET.parameters());
              return true;
            });
    assertThat(t.refused()).isGreaterThan(FEW / 4);
    assertThat(t.read()).isGreaterThan(FEW / 20);
  }

  @Test
  void aSoundNetworkIsReadBack() {
    written(SOUND.file());
    StoredNetwork read = StoredNetwork.read(file(), NET, DType.F32);
    assertThat(read.loss()).isEqualTo(0.25);
    assertThat(read.ends()).isEqualTo(SOUND.ends());
    assertThat(read.histories().keySet()).isEqualTo(SOUND.histories().keySet());
    assertThat(read.histories().get("train/loss").values())
        .containsExactly(Double.POSITIVE_INFINITY, 1e-9);
  }

  /** Texts that a lenient parser reads, or whose numbers it cuts, or that no history can have. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training_loss | 0.25d",
        "training_loss | ' 0.25'",
        "training_loss | 0x1p-2",
        "format | other",
        "end/stopped-epoch | 4",
        "histories | {}",
        "histories | {\"a\":{\"epochs\":[1.5],\"values\":[1.0]}}",
        "histories | {\"a\":{\"epochs\":[\"1\"],\"values\":[1.0]}}",
        "histories |"
            + " {\"a\":{\"epochs\":[1],\"values\":[1.0]},\"a\":{\"epochs\":[2],\"values\":[1.0]}}",
        "histories | {\"a\":{\"epochs\":[2,1],\"values\":[1.0,1.0]}}",
        "histories | {\"a\":{\"epochs\":[1],\"values\":[]}}",
        "histories | {\"a\":{\"epochs\":[1],\"values\":[\"NaN\"]}}",
        "histories | {a:{epochs:[1],values:[1.0]}}",
        "extra | 1",
      })
  void metadataThatNoNetworkStoresAreRefused(String key, String text) {
    Map<String, String> about = new LinkedHashMap<>(SOUND.file().metadata());
    about.put(key, text);
    written(new SafeTensors(SOUND.parameters(), about));
    assertThatThrownBy(() -> StoredNetwork.read(file(), NET, DType.F32))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file() + ": its metadata are not those of a network: ");
  }

  @Test
  void tensorsThatTheNetworkLacksAreRefused() {
    Map<String, HostTensor> values = new LinkedHashMap<>(SOUND.parameters());
    values.put("more", HostTensor.of(Shape.of(1), 1f));
    written(new SafeTensors(values, SOUND.file().metadata()));
    assertThatThrownBy(() -> StoredNetwork.read(file(), NET, DType.F32))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has 5 tensors, the network has 4 parameters");
  }
}
