// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;

/**
 * A network trained elsewhere.
 *
 * @param name of its file, without the folder
 * @param sha256 checksum of the file and of those beside it that hold its weights; part of the
 *     trial's id
 * @param notes on how the file was read that a reader of results must know, one line each
 */
public record NetworkIdentity(String name, String sha256, List<String> notes) {
  public NetworkIdentity {
    notes = List.copyOf(notes);
  }
}
