// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.ir.MissingRuleException;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.property.Property;
import org.rigor.property.RoundedProblem;
import org.rigor.property.vnnlib.Query;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.run.analysis.Decided;
import org.rigor.run.analysis.Instance;
import org.rigor.verify.Decider;
import org.rigor.verify.Verdict;
import org.rigor.workspace.Models;

/** Decision of properties in files; a file that cannot be used spoils its own instances alone. */
final class VerdictAnalysis {
  private final Device device;
  private final String words;
  private final Decider.Options options;
  private final BooleanSupplier stops;
  private final Consumer<Decided> sink;

  VerdictAnalysis(
      Device device, Decider.Options options, BooleanSupplier stops, Consumer<Decided> sink) {
    this.device = device;
    this.options = options;
    this.words = device.info().kind() + ", " + device.info().name();
    this.stops = stops;
    this.sink = sink;
  }

  /** An instance whose property was read. */
  private record Read(Instance instance, Query query, Property property, List<String> notes) {}

  void run(List<Instance> instances) {
    Map<Path, List<Instance>> by = new LinkedHashMap<>();
    instances.forEach(i -> by.computeIfAbsent(i.model(), m -> new ArrayList<>()).add(i));
    by.forEach(this::network);
  }

  private void network(Path model, List<Instance> instances) {
    List<String> notes = new ArrayList<>();
    OnnxModel file;
    OnnxNetwork network;
    try {
      file = OnnxReader.read(model);
      network = Subject.whole(file, notes);
    } catch (DataException e) {
      instances.forEach(i -> unusable(i, e));
      return;
    }
    List<Read> read = new ArrayList<>();
    for (Instance i : instances) {
      try {
        read.add(read(i, file, network, notes));
      } catch (DataException e) {
        unusable(i, e);
      }
    }
    if (!read.isEmpty()) {
      decide(network, read);
    }
  }

  private void unusable(Instance i, DataException e) {
    sink.accept(
        new Decided(
            i,
            Optional.empty(),
            Optional.empty(),
            e.getMessage(),
            Kind.CERTIFIED,
            words,
            List.of()));
  }

  private static Read read(Instance i, OnnxModel file, OnnxNetwork network, List<String> notes) {
    Query q = VnnLib.read(i.property());
    requireSize(q, q.input(), file.graph().inputs().get(0), network.input().size(), "input");
    requireSize(q, q.output(), file.graph().outputs().get(0), network.outputs(), "output");
    Property p = q.property();
    requireDoubles(q, p);
    List<String> own = new ArrayList<>(notes);
    if (p.dropped() > 0) {
      own.add(
          "%s of the property has no input in it: %s"
              .formatted(
                  p.isEmpty() ? "the region" : p.dropped() + " of the clauses",
                  String.join("; ", p.empty())));
    }
    return new Read(i, q, p, own);
  }

  private static void requireDoubles(Query q, Property p) {
    try {
      RoundedProblem.of(p);
    } catch (IllegalArgumentException e) {
      throw new DataException(q.source() + ": " + e.getMessage(), e);
    }
  }

  private static void requireSize(
      Query q, Query.Tensor declared, OnnxValueInfo has, long size, String what) {
    boolean fits = declared.size() == size;
    if (q.shaped() && has.dims() != null) {
      fits &= has.dims().size() == declared.dims().size();
      for (int d = 0; fits && d < declared.dims().size(); d++) {
        long own = has.dims().get(d);
        fits = own < 1 || own == declared.dims().get(d);
      }
    }
    if (!fits) {
      throw new DataException(
          "%s: declares the %s %s with %s, the network has %s"
              .formatted(
                  q.source(),
                  what,
                  declared.name(),
                  q.shaped()
                      ? "the shape " + declared.dims()
                      : declared.size() + (declared.size() == 1 ? " number" : " numbers"),
                  q.shaped() ? has : size));
    }
  }

  private void decide(OnnxNetwork network, List<Read> read) {
    Kind kind = network.kindOfSides();
    double seconds = read.stream().mapToDouble(r -> r.instance.seconds()).sum();
    boolean[] said = new boolean[read.size()];
    try (Models models = Models.of(device, network, network.values());
        Decider decider = new Decider(models, options)) {
      decider.decide(
          read.stream().map(Read::property).toList(),
          seconds,
          stops,
          (n, verdict) -> {
            said[n] = true;
            say(read.get(n), verdict, kind);
          });
    } catch (MissingRuleException e) {
      DataException refused =
          new DataException(
              "%s: %s: there is no bound of the operation %s"
                  .formatted(read.get(0).instance.model(), e.value().origin(), e.value().op()),
              e);
      for (int n = 0; n < said.length; n++) {
        if (!said[n]) {
          unusable(read.get(n).instance, refused);
        }
      }
    }
  }

  /** Returns what to do about a verdict for which there was no room. */
  static Optional<String> room(Verdict verdict) {
    String more = "; RIGOR_JAVA_OPTS=-Xmx16g, say, lets Java use 16 GiB";
    return switch (verdict.by()) {
      case "memory" -> Optional.of("the search fills the memory that it may have" + more);
      case "disk" ->
          Optional.of(
              "memory has no room for the search's numbers, and the temporary folder %s takes no"
                      .formatted(System.getProperty("java.io.tmpdir"))
                  + " more of them"
                  + more
                  + ", and -Djava.io.tmpdir=DIR there names another folder");
      default -> Optional.empty();
    };
  }

  private void say(Read r, Verdict verdict, Kind kind) {
    List<String> notes = new ArrayList<>(r.notes);
    room(verdict).ifPresent(notes::add);
    sink.accept(
        new Decided(
            r.instance, Optional.of(r.query), Optional.of(verdict), "", kind, words, notes));
  }
}
