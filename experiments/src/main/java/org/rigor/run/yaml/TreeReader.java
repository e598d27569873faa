// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.io.Utf8;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads YAML text into a {@link Tree}. Duplicate keys, tags and recursive aliases are problems; a
 * document larger than {@value #MAX_CHARS} characters or, with its aliases expanded, than {@value
 * #MAX_NODES} nodes is refused.
 */
public final class TreeReader {
  static final int MAX_CHARS = 1_000_000;
  static final int MAX_NODES = 50_000;
  static final int MAX_DEPTH = 50;

  private static final Set<String> PLAIN_TAGS =
      Set.of("str", "int", "float", "bool", "null", "seq", "map");

  private final String source;
  private final String[] lines;
  private final List<Problem> problems = new ArrayList<>();
  private int nodes;

  private TreeReader(String source, String text) {
    this.source = source;
    this.lines = text.split("\\R", -1);
  }

  /**
   * The result of reading a text.
   *
   * @param problems that still leave a usable tree, such as a duplicate key
   */
  public record Document(Tree tree, List<Problem> problems) {}

  /**
   * Reads a file.
   *
   * @throws SpecException if it is not YAML
   * @throws IOException if it cannot be read
   */
  public static Document read(Path file) throws IOException {
    String name = file.toString();
    if (Files.size(file) > MAX_CHARS) {
      throw one(name, 1, 1, "", "a study has at most " + MAX_CHARS + " characters");
    }
    byte[] bytes = Files.readAllBytes(file);
    try {
      String text =
          Utf8.withoutMark(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
      TreeReader reader = new TreeReader(name, text);
      return new Document(reader.compose(text), reader.problems);
    } catch (CharacterCodingException e) {
      throw one(name, 1, 1, "", "the file is not UTF-8 text");
    }
  }

  /**
   * Reads text; messages call it {@code source}.
   *
   * @throws SpecException if it is not YAML or has any problem
   */
  static Tree read(String source, String text) {
    TreeReader reader = new TreeReader(source, text);
    Tree tree = reader.compose(text);
    if (!reader.problems.isEmpty()) {
      throw new SpecException(reader.problems);
    }
    return tree;
  }

  private Tree compose(String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(source)
            .setCodePointLimit(MAX_CHARS)
            .setMaxAliasesForCollections(100)
            .build();
    try {
      depth(settings, text);
      List<Node> documents = new ArrayList<>();
      new Compose(settings).composeAllFromString(text).forEach(documents::add);
      if (documents.isEmpty()) {
        throw one(source, 1, 1, lines[0], "the file is empty");
      }
      if (documents.size() > 1) {
        problems.add(
            new Problem(place(documents.get(1)), "a file holds one document, not several"));
      }
      return convert(documents.get(0), 0);
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      String what = e.getProblem() == null ? e.getMessage() : e.getProblem();
      throw new SpecException(List.of(new Problem(place(mark), "not valid YAML: " + what)));
    } catch (YamlEngineException e) {
      throw one(source, 1, 1, lines[0], "not valid YAML: " + e.getMessage());
    }
  }

  /** Checks the nesting depth on parser events, because the composer recurses. */
  private void depth(LoadSettings settings, String text) {
    int depth = 0;
    for (Event e : new Parse(settings).parseString(text)) {
      if (e instanceof CollectionStartEvent && ++depth > MAX_DEPTH + 1) {
        Place at = place(e.getStartMark());
        throw new SpecException(List.of(new Problem(at, "more than " + MAX_DEPTH + " levels")));
      }
      if (e instanceof CollectionEndEvent) {
        depth--;
      }
    }
  }

  private Tree convert(Node node, int depth) {
    Place place = place(node);
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      // Throw at once: collecting problems would keep expanding an alias bomb.
      String limit =
          depth > MAX_DEPTH ? MAX_DEPTH + " levels" : MAX_NODES + " values after aliases";
      throw new SpecException(List.of(new Problem(place, "more than " + limit)));
    }
    if (node.isRecursive()) {
      throw new SpecException(List.of(new Problem(place, "an alias may not contain itself")));
    }
    String tag = node.getTag().getValue();
    if (!PLAIN_TAGS.contains(tag.replace("tag:yaml.org,2002:", ""))) {
      problems.add(new Problem(place, "tags such as '" + tag + "' are not used in a study"));
    }
    if (node instanceof ScalarNode s) {
      return new Tree.Scalar(place, s.getValue(), !s.isPlain());
    }
    if (node instanceof SequenceNode s) {
      List<Tree> items = new ArrayList<>();
      for (Node item : s.getValue()) {
        items.add(convert(item, depth + 1));
      }
      return new Tree.Items(place, items);
    }
    Map<String, Tree.Field> fields = new LinkedHashMap<>();
    for (NodeTuple tuple : ((MappingNode) node).getValue()) {
      Place at = place(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        problems.add(new Problem(at, "a key must be plain text"));
        continue;
      }
      Tree value = convert(tuple.getValueNode(), depth + 1);
      Tree.Field before = fields.putIfAbsent(key.getValue(), new Tree.Field(at, value));
      if (before != null) {
        problems.add(
            new Problem(
                at,
                "key '%s' given twice; first on line %d"
                    .formatted(key.getValue(), before.keyPlace().line())));
      }
    }
    return new Tree.Fields(place, fields);
  }

  private Place place(Node node) {
    return place(node.getStartMark());
  }

  private Place place(Optional<Mark> mark) {
    int line = mark.map(Mark::getLine).orElse(0);
    int column = mark.map(Mark::getColumn).orElse(0);
    return new Place(source, line + 1, column + 1, line < lines.length ? lines[line] : "");
  }

  private static SpecException one(
      String source, int line, int column, String text, String message) {
    return new SpecException(List.of(new Problem(new Place(source, line, column, text), message)));
  }
}
