// SPDX-License-Identifier: Apache-2.0
/**
 * File formats. Every file is treated as hostile: no length, range or count it states is believed
 * before the bytes are there, and whatever is wrong with it is a {@link org.rigor.io.DataException}
 * of one sentence.
 */
package org.rigor.io;
