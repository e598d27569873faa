// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongFunction;
import org.rigor.io.Sha256;
import org.rigor.run.yaml.Canonical;

/**
 * The inputs to a trial's id other than its configuration.
 *
 * @param dataSha256 checksum of the data
 * @param deviceKind {@code cpu}, {@code cuda} or {@code emulated}
 * @param numerics raised by hand whenever results may change
 * @param networks files of networks trained elsewhere, by seed; empty where networks are trained
 */
public record Identity(
    String dataSha256, String deviceKind, int numerics, List<NetworkIdentity> networks) {
  /** Creates the identity of a trial that trains its network. */
  public Identity(String dataSha256, String deviceKind, int numerics) {
    this(dataSha256, deviceKind, numerics, List.of());
  }

  /** Returns the id: 20 hexadecimal digits. */
  public String trialId(TrialSpec spec) {
    return hash(Canonical.identity(spec), spec.seed());
  }

  /** Returns the id of the trained network. */
  public String modelId(TrialSpec spec) {
    return hash(Canonical.identity(spec.trainingOnly()), spec.seed());
  }

  /**
   * Returns {@link #trialId} and {@link #modelId} of trials that differ only in their seed. It
   * serialises the configuration once, because a study may have ten thousand seeds.
   */
  Seeded seeded(TrialSpec any) {
    return new Seeded(template(any), template(any.trainingOnly()));
  }

  /** Ids by seed. */
  record Seeded(Template trial, Template model) {
    String trialId(long seed) {
      return trial.id(seed);
    }

    String modelId(long seed) {
      return model.id(seed);
    }
  }

  /** The hashed text before and after the digits of the seed, and what follows for each seed. */
  record Template(String before, String after, LongFunction<String> file) {
    String id(long seed) {
      return sha256(before + seed + after + file.apply(seed)).substring(0, 20);
    }
  }

  /** Returns what the id of a seed has of its network's file. */
  private String file(long seed) {
    return seed < networks.size() ? networks.get(Math.toIntExact(seed)).sha256() : "";
  }

  private Template template(TrialSpec spec) {
    JsonObject config = Canonical.identity(spec).getAsJsonObject();
    String hole = "\u0001seed\u0001";
    config.addProperty("seed", hole);
    String quoted = config.get("seed").toString();
    String[] parts = text(config).split(java.util.regex.Pattern.quote(quoted), -1);
    if (parts.length != 2) {
      throw new IllegalStateException("a configuration holds the text " + quoted);
    }
    return new Template(parts[0], parts[1], this::file);
  }

  private String hash(JsonElement config, long seed) {
    return sha256(text(config) + file(seed)).substring(0, 20);
  }

  private String text(JsonElement config) {
    JsonObject all = new JsonObject();
    all.add("config", config);
    all.addProperty("data-sha256", dataSha256);
    all.addProperty("device-kind", deviceKind);
    all.addProperty("numerics", numerics);
    return all.toString();
  }

  static String sha256(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
