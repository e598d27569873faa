// SPDX-License-Identifier: Apache-2.0
/** Plugins: jars that add laws and measurements to studies, and attacks to studies and commands. */
package org.rigor.run.plugin;
