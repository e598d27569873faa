// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import org.rigor.io.Sha256;
import org.rigor.run.yaml.Canonical;

/**
 * What enters a trial's id besides its own configuration.
 *
 * @param dataSha256 checksum of the data
 * @param deviceKind {@code cpu}, {@code cuda} or {@code emulated}
 * @param numerics raised by hand whenever results may change
 */
public record Identity(String dataSha256, String deviceKind, int numerics) {

  /** Returns the id: 20 hexadecimal digits. */
  public String trialId(TrialSpec spec) {
    return hash(Canonical.identity(spec));
  }

  /** Returns the id of the trained network. */
  public String modelId(TrialSpec spec) {
    return hash(Canonical.identity(spec.trainingOnly()));
  }

  private String hash(JsonElement config) {
    JsonObject all = new JsonObject();
    all.add("config", config);
    all.addProperty("data-sha256", dataSha256);
    all.addProperty("device-kind", deviceKind);
    all.addProperty("numerics", numerics);
    return sha256(all.toString()).substring(0, 20);
  }

  static String sha256(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
