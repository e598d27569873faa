// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/**
 * A network trained elsewhere.
 *
 * @param name of its file, without the folder
 * @param sha256 checksum of the file and of those beside it that hold its weights; part of the
 *     trial's id
 */
public record NetworkIdentity(String name, String sha256) {}
