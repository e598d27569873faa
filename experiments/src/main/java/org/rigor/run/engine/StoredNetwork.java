// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.io.DataException;
import org.rigor.io.SafeTensors;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.run.trial.History;
import org.rigor.run.trial.HistoryJson;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * A trained network as stored in a run folder: {@code models/*.safetensors}.
 *
 * @param parameters by name, without model axis
 * @param loss mean training loss of the last epoch
 * @param histories what its probes measured
 * @param ends how its training ended, see {@link StopRule#end}
 */
record StoredNetwork(
    Map<String, HostTensor> parameters,
    double loss,
    Map<String, History> histories,
    Map<String, Double> ends) {
  private static final String LOSS = "training_loss";
  private static final String HISTORIES = "histories";
  private static final String END = "end/";

  /** Returns the content of the file. */
  SafeTensors file() {
    Map<String, String> about = new LinkedHashMap<>();
    about.put(LOSS, Double.toString(loss));
    about.put("format", "rigor");
    if (!histories.isEmpty()) {
      about.put(HISTORIES, HistoryJson.write(histories).toString());
    }
    ends.forEach((name, v) -> about.put(END + name, Double.toString(v)));
    return new SafeTensors(parameters, about);
  }

  /**
   * Reads a file.
   *
   * @param dtype of the parameters
   * @throws DataException if it does not belong to the network, a parameter is not finite (diverged
   *     training stores no network), or the metadata are not as {@link #file} writes them
   */
  static StoredNetwork read(Path file, Network network, DType dtype) {
    SafeTensors stored = SafeTensors.read(file);
    for (Parameter p : network.parameters()) {
      HostTensor own = stored.tensors().get(p.name());
      if (own == null || !own.shape().equals(p.shape()) || own.dtype() != dtype) {
        throw new DataException(
            "%s: parameter %s must be %s%s, got %s"
                .formatted(file, p.name(), dtype, p.shape(), own));
      }
      own.firstOutside(-Double.MAX_VALUE, Double.MAX_VALUE)
          .ifPresent(
              i -> {
                throw new DataException(
                    "%s: parameter %s must be finite, got %s at %d"
                        .formatted(file, p.name(), own.get(i), i));
              });
    }
    if (stored.tensors().size() != network.parameters().size()) {
      throw new DataException(
          "%s: has %d tensors, the network has %d parameters"
              .formatted(file, stored.tensors().size(), network.parameters().size()));
    }
    StoredNetwork read = parsed(file, stored);
    Map<String, String> written = read.file().metadata();
    if (!written.equals(stored.metadata())) {
      throw notOfANetwork(file, "read as " + written + ", they are " + stored.metadata());
    }
    return read;
  }

  private static StoredNetwork parsed(Path file, SafeTensors stored) {
    Map<String, String> about = stored.metadata();
    Map<String, Double> ends = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, String> e : about.entrySet()) {
        if (e.getKey().startsWith(END)) {
          ends.put(e.getKey().substring(END.length()), Double.parseDouble(e.getValue()));
        }
      }
      double loss = Double.parseDouble(about.getOrDefault(LOSS, "NaN"));
      return new StoredNetwork(stored.tensors(), loss, histories(about), ends);
    } catch (IllegalArgumentException
        | JsonParseException
        | IllegalStateException
        | UnsupportedOperationException
        | ClassCastException
        | NullPointerException e) {
      throw notOfANetwork(file, e.getMessage());
    }
  }

  private static DataException notOfANetwork(Path file, String why) {
    return new DataException(file + ": its metadata are not those of a network: " + why);
  }

  private static Map<String, History> histories(Map<String, String> about) {
    String text = about.get(HISTORIES);
    if (text == null) {
      return Map.of();
    }
    if (JsonParser.parseString(text) instanceof JsonObject all) {
      return HistoryJson.read(all);
    }
    throw new JsonParseException("histories must be an object");
  }
}
