// SPDX-License-Identifier: Apache-2.0
/**
 * What a study's records stand for in the engine: data, networks, training methods and optimisers,
 * each read from a table of its family.
 */
package org.rigor.run.setup;
