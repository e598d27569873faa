// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.Study;

/**
 * What a study reads, each read once: its data sets and the networks trained elsewhere.
 *
 * @param data by specification
 * @param networks files by specification of the model and by seed
 */
public record StudyInputs(
    Map<DataSpec, DataIdentity> data, Map<ModelSpec, List<NetworkIdentity>> networks) {
  /** Creates inputs of nothing. */
  public StudyInputs() {
    this(new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  /** Reads what a point of a study needs and returns what enters the ids of its trials. */
  public Identity identity(Study study, StudyEngine engine) {
    DataIdentity d = data.computeIfAbsent(study.data(), engine::data);
    List<NetworkIdentity> files = engine.networks(study.model());
    if (!files.isEmpty()) {
      networks.put(study.model(), files);
    }
    return new Identity(d.sha256(), engine.deviceKind(), engine.numerics(), files);
  }

  /** Returns how files of networks were read, a line for each thing and the files it is true of. */
  public List<String> noted() {
    Map<String, List<String>> names = new LinkedHashMap<>();
    for (List<NetworkIdentity> files : networks.values()) {
      for (NetworkIdentity file : files) {
        file.notes()
            .forEach(n -> names.computeIfAbsent(n, k -> new ArrayList<>()).add(file.name()));
      }
    }
    List<String> out = new ArrayList<>();
    names.forEach(
        (note, of) -> {
          String more = of.size() == 1 ? "" : " and %d more".formatted(of.size() - 1);
          out.add(of.get(0) + more + ": " + note);
        });
    return out;
  }
}
