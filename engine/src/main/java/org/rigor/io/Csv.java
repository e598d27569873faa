// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tables of numbers as text: one row a line, fields separated by commas, semicolons or tabs (the
 * first line tells), plain or gzipped. A first line with a field that is no number names the
 * columns; names may stand in double quotes.
 *
 * @param columns names, or "0", "1", ... where the file has none
 * @param values row-major, {@code rows} times {@code columns.size()}
 */
public record Csv(List<String> columns, int rows, double[] values) {
  public Csv {
    columns = List.copyOf(columns);
  }

  /** Element of a row and a column. */
  public double at(int row, int column) {
    return values[row * columns.size() + column];
  }

  /**
   * Reads a whole table.
   *
   * @throws DataException if it is not UTF-8, empty, a row has another number of fields than the
   *     first, or a field is no number, naming the line
   */
  public static Csv read(Path file) {
    String text = text(file);
    char separator = separator(text.substring(0, end(text, 0)));
    List<String> columns = null;
    double[] values = new double[1024];
    int used = 0;
    int rows = 0;
    int line = 0;
    for (int start = 0; start < text.length(); start = end(text, start) + 1) {
      line++;
      String row = text.substring(start, end(text, start)).strip();
      if (row.isEmpty()) {
        continue;
      }
      List<String> fields = fields(row, separator);
      if (columns == null) {
        boolean named = fields.stream().anyMatch(f -> number(f) == null);
        columns = named ? fields : numbered(fields.size());
        if (named) {
          continue;
        }
      }
      if (fields.size() != columns.size()) {
        throw new DataException(
            "%s: line %d has %d fields, the first has %d"
                .formatted(file, line, fields.size(), columns.size()));
      }
      if (used + fields.size() > values.length) {
        values = Arrays.copyOf(values, Math.max(2 * values.length, used + fields.size()));
      }
      for (String field : fields) {
        Double v = number(field);
        if (v == null) {
          throw new DataException("%s: line %d: '%s' is no number".formatted(file, line, field));
        }
        values[used++] = v;
      }
      rows++;
    }
    if (rows == 0) {
      throw new DataException(file + ": has no row of numbers");
    }
    return new Csv(columns, rows, Arrays.copyOf(values, used));
  }

  private static String text(Path file) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(WholeFile.read(file)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": is not text in UTF-8");
    }
  }

  private static int end(String text, int start) {
    int end = text.indexOf('\n', start);
    return end < 0 ? text.length() : end;
  }

  private static char separator(String line) {
    char best = ',';
    for (char c : new char[] {';', '\t'}) {
      best = count(line, c) > count(line, best) ? c : best;
    }
    return best;
  }

  private static long count(String line, char c) {
    return line.chars().filter(x -> x == c).count();
  }

  private static List<String> fields(String row, char separator) {
    List<String> fields = new ArrayList<>();
    for (int start = 0; start <= row.length(); ) {
      int end = row.indexOf(separator, start);
      end = end < 0 ? row.length() : end;
      String f = row.substring(start, end).strip();
      boolean quoted = f.length() > 1 && f.startsWith("\"") && f.endsWith("\"");
      fields.add(quoted ? f.substring(1, f.length() - 1) : f);
      start = end + 1;
    }
    return fields;
  }

  private static List<String> numbered(int n) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      names.add(Integer.toString(i));
    }
    return names;
  }

  private static Double number(String field) {
    // parseDouble also takes "1f", "0x1p3" and "NaN", which no table means as numbers.
    if (field.isEmpty() || !field.matches("[-+]?[0-9.]+([eE][-+]?[0-9]+)?")) {
      return null;
    }
    try {
      return Double.valueOf(field);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
