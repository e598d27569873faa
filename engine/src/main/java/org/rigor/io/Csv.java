// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldModifiers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A table of numbers as text (RFC 4180, parsed by FastCSV): one row per line, fields separated by
 * commas, semicolons or tabs, plain or gzipped. A first line without numbers names the columns.
 * Ambiguous files are rejected.
 *
 * @param columns names, or "0", "1", ... where the file has none
 * @param named whether the file names its columns
 * @param values row-major, {@code rows} times {@code columns.size()}
 */
public record Csv(List<String> columns, boolean named, int rows, double[] values) {
  private static final char[] SEPARATORS = {',', ';', '\t'};

  /** Stricter than {@code parseDouble}: "1f", "0x1p3" and "NaN" are not numbers here. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?");

  private static final Pattern DECIMAL_COMMA = Pattern.compile("[-+]?[0-9]+,[0-9]+");

  public Csv {
    columns = List.copyOf(columns);
  }

  /** Returns the element at a row and a column. */
  public double at(int row, int column) {
    return values[row * columns.size() + column];
  }

  /**
   * Reads a whole table.
   *
   * @throws DataException if it is not UTF-8, empty, has control characters, its separator is
   *     ambiguous, its first line mixes names and numbers, a name is empty or repeated, a row's
   *     number of fields differs from the first row's, or a field is not a number; the message
   *     names the line
   */
  public static Csv read(Path file) {
    String text = Utf8.read(file);
    requirePrintable(file, text);
    List<Character> candidates = separators(text);
    if (candidates.size() <= 1) {
      return read(file, text, candidates.isEmpty() ? ',' : candidates.get(0));
    }
    List<Csv> readings = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (char c : candidates) {
      try {
        readings.add(read(file, text, c));
      } catch (DataException e) {
        problems.add("%n  by %s: %s".formatted(name(c), e.getMessage()));
      }
    }
    if (readings.size() == 1) {
      return readings.get(0);
    }
    throw new DataException(
        file
            + ": fields can be separated in more than one way"
            + (readings.isEmpty()
                ? ", none of which gives a table" + String.join("", problems)
                : ": " + readings.stream().map(r -> r.columns().toString()).toList()));
  }

  private static Csv read(Path file, String text, char separator) {
    CsvRecordHandler stripped =
        CsvRecordHandler.builder().fieldModifier(FieldModifiers.STRIP).build();
    try {
      requireClosedQuotes(text);
      return new Reader(separator)
          .table(
              CsvReader.builder()
                  .fieldSeparator(separator)
                  .skipEmptyLines(true)
                  .allowExtraFields(true)
                  .allowMissingFields(true)
                  .allowExtraCharsAfterClosingQuote(false)
                  .trimWhitespacesAroundQuotes(true)
                  .build(stripped, text));
    } catch (CsvParseException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      throw new DataException(file + ": " + why.getMessage() + " (" + e.getMessage() + ")", e);
    } catch (DataException e) {
      throw new DataException(file + ": " + e.getMessage(), e);
    }
  }

  /** Rejects control characters, which the parser would take for spaces around a quote. */
  private static void requirePrintable(Path file, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' && c != '\t' && c != '\n' && c != '\r') {
        long line = (text.substring(0, i) + '.').lines().count();
        throw new DataException(
            "%s: line %d has the control character 0x%02x".formatted(file, line, (int) c));
      }
    }
  }

  /** Rejects an open quote, which the parser would take as a field up to the end of the text. */
  private static void requireClosedQuotes(String text) {
    if (text.chars().filter(c -> c == '"').count() % 2 != 0) {
      long line = text.substring(0, text.lastIndexOf('"')).lines().count();
      throw new DataException(
          "has a quote without a partner; the last quote is on line %d".formatted(line));
    }
  }

  /** Returns the separators in the first non-empty line, outside quotes. */
  private static List<Character> separators(String text) {
    int start = 0;
    while (start < text.length() && (text.charAt(start) == '\n' || text.charAt(start) == '\r')) {
      start++;
    }
    List<Character> found = new ArrayList<>();
    boolean quoted = false;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!quoted && (c == '\n' || c == '\r')) {
        break;
      }
      quoted ^= c == '"';
      for (char s : SEPARATORS) {
        if (!quoted && c == s && !found.contains(s)) {
          found.add(s);
        }
      }
    }
    return found;
  }

  private static String name(char separator) {
    return separator == '\t' ? "tabs" : "'" + separator + "'";
  }

  /** A reading of the text by one separator. */
  private static final class Reader {
    private final char separator;
    private List<String> columns;
    private boolean named;
    private double[] values = new double[1024];
    private int used;
    private int rows;
    private long line;

    Reader(char separator) {
      this.separator = separator;
    }

    Csv table(CsvReader<CsvRecord> records) {
      for (CsvRecord record : records) {
        List<String> fields = record.getFields();
        line = record.getStartingLineNumber();
        if (columns == null) {
          first(fields);
          if (named) {
            continue;
          }
        }
        if (fields.size() != columns.size()) {
          throw error(
              "has %d fields, the first line has %d".formatted(fields.size(), columns.size()));
        }
        row(fields);
      }
      if (rows == 0) {
        throw new DataException("has no row of numbers");
      }
      return new Csv(columns, named, rows, Arrays.copyOf(values, used));
    }

    private void first(List<String> fields) {
      long numbers = fields.stream().filter(f -> NUMBER.matcher(f).matches()).count();
      named = numbers == 0;
      if (!named) {
        if (numbers < fields.size()) {
          throw mixed(fields);
        }
        columns = numbered(fields.size());
        return;
      }
      Map<String, Integer> seen = new HashMap<>();
      for (int i = 0; i < fields.size(); i++) {
        String name = fields.get(i);
        if (name.isEmpty()) {
          throw error(
              "gives column %d of %d no name; every column needs one (an index that pandas wrote is left out by index=False)"
                  .formatted(i + 1, fields.size()));
        }
        Integer before = seen.put(name, i);
        if (before != null) {
          throw error(
              "names the columns %d and %d both '%s'; names must differ"
                  .formatted(before + 1, i + 1, name));
        }
      }
      columns = fields;
    }

    /**
     * Returns the error for a first line of names and numbers: taking it as names would lose a
     * sample.
     */
    private DataException mixed(List<String> fields) {
      int at = 0;
      while (NUMBER.matcher(fields.get(at)).matches()) {
        at++;
      }
      String field = fields.get(at);
      return error(
          "mixes numbers with %s in field %d of %d: as a row it lacks a number there, as names none may be a number"
              .formatted(
                  field.isEmpty() ? "an empty field" : "'" + field + "'", at + 1, fields.size()));
    }

    private void row(List<String> fields) {
      if (used + fields.size() > values.length) {
        values = Arrays.copyOf(values, Math.max(2 * values.length, used + fields.size()));
      }
      for (int i = 0; i < fields.size(); i++) {
        String field = fields.get(i);
        if (!NUMBER.matcher(field).matches()) {
          throw error(
              "has %s in the column %s, %s"
                  .formatted(
                      field.isEmpty() ? "an empty field" : "'" + field + "'",
                      columns.get(i),
                      separator != ',' && DECIMAL_COMMA.matcher(field).matches()
                          ? "a decimal comma; write decimal points"
                          : "which is no number"));
        }
        double v = Double.parseDouble(field);
        if (Double.isInfinite(v)) {
          throw error("has '" + field + "' in the column " + columns.get(i) + ", beyond a double");
        }
        values[used++] = v;
      }
      rows++;
    }

    private DataException error(String problem) {
      return new DataException("line " + line + " " + problem);
    }

    private static List<String> numbered(int n) {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        names.add(Integer.toString(i));
      }
      return names;
    }
  }
}
