/**
 * Random operations against the built program, with a model beside it. A seed makes a {@code Plan}:
 * options of the program, and steps. {@code World} takes a step and tells the {@code Model} what
 * that does to counters; {@code Check} then holds the program to conntrack(8) and to the model.
 * {@code Shrinking} looks for the shortest plan that still fails. Begin at {@code RandomCampaign}.
 */
package io.conntrack.packaging.random;
