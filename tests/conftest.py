"""Which tests are slow: `make quick` leaves them out. One BLAS thread for all of them, and Ctrl-C means Ctrl-C."""

import signal
from pathlib import Path

import pytest
import scipy.linalg  # noqa: F401 - its pool must be loaded to be limited
from threadpoolctl import threadpool_limits

# file ↦ functions whose cases take two seconds and more together on two cores
SLOW = {
    "branching/test_branch.py": (
        "test_the_executor_does_not_change_the_result "
        "test_without_a_bound_on_the_missing_entry_the_claim_closes_and_nothing_is_proved"
    ),
    "certificate/test_certificate_produce.py": (
        "test_factor_lift_loses_little test_unbounded_lift_has_no_proof_unless_the_model_states_a_bound"
    ),
    "certificate/test_certificate_soundness.py": "test_every_statement_about_random_programs_is_right",
    "checker/test_certificate_check.py": "test_mutated_types_sizes_and_missing_parts_are_rejected",
    "checker/test_certificate_fuzz.py": "test_damaged_certificates_get_a_verdict",
    "checker/test_certificate_mutation.py": "test_every_mutation_that_is_accepted_is_true",
    "checker/test_truths_of_multipliers.py": "test_the_multiplier_is_nonnegative_exactly_where_it_is",
    "commands/test_cli.py": "test_ctrl_c_writes_nothing",
    "commands/test_solve_cli.py": "test_a_terminal_sees_both_bounds_and_a_pipe_does_not",
    "decision/test_complete_positivity.py": "test_on_both_sides_of_the_boundary test_random_products",
    "decision/test_copositivity.py": "test_minimum_agrees_with_the_decision test_random_matrices_against_all_supports",
    "decision/test_decisions_of_floats.py": "test_powers_of_two_change_nothing",
    "experiment/test_experiment.py": (
        "test_a_worker_that_dies_is_replaced test_killed_twice_and_resumed "
        "test_on_a_cluster_with_a_worker_killed test_small_sets"
    ),
    "hierarchy/test_family_contracts.py": (
        "test_both_sides_pair test_families_are_nested test_gram_kinds_are_nested test_levels_are_nested "
        "test_members_are_nonnegative_on_the_cone test_the_order_of_coordinates_does_not_matter"
    ),
    "hierarchy/test_hierarchy.py": (
        "test_infeasible_programs_are_proved_infeasible test_level_one_repairs_the_faithful_lift "
        "test_measured_table_of_the_network_lifts test_reductions_change_no_value"
    ),
    "inner/test_inner_bounds.py": "test_inside_is_inside",
    "inner/test_partition.py": "test_where_two_levels_leave_a_gap",
    "instances/test_instances.py": "test_level_two_closes_the_complement_of_the_icosahedron",
    "interop/test_interop_interfaces.py": "test_three_interfaces_one_number",
    "interop/test_low_rank_regressor.py": "test_conventions_of_scikit_learn",
    "interop/test_polynomial_estimators.py": "test_check_estimator test_images_flat_or_not",
    "levels/test_levels_polya.py": "test_bounds_on_the_stability_number_are_exact",
    "levels/test_levels_symmetric.py": "test_published_numbers",
    "levels/test_local_levels.py": "test_beyond_every_level_where_e_is_no_single_coordinate",
    "levels/test_warm_start.py": "test_starts_save_iterations_and_give_the_same_bound",
    "normal/test_scaling.py": "test_bounds_of_scaled_data_are_equal_bit_for_bit",
    "normal/test_scaling_networks.py": (
        "test_decayed_bounds_of_scaled_data_are_equal_bit_for_bit "
        "test_relu_bounds_of_scaled_data_are_equal_bit_for_bit"
    ),
    "polynomial/test_polynomial_decay.py": "test_relu_bounds_are_never_less_than_zero",
    "polynomial/test_polynomial_proof.py": (
        "test_a_multiplier_is_moved_onto_the_constraint test_bounds_lie_below_every_network "
        "test_certificates_of_every_loss_and_architecture"
    ),
    "polynomial/test_polynomial_training.py": (
        "test_degenerate_data test_every_architecture_and_loss test_random_descent_is_never_below"
    ),
    "reformulation/linear_network/test_linear_network.py": (
        "test_level_zero_on_random_data test_optimal_network_satisfies_every_strengthening "
        "test_large_lifts_through_sign_symmetry"
    ),
    "reformulation/linear_network/test_network_problems.py": (
        "test_level_zero_is_below_what_local_search_finds test_matrices_are_atoms_with_the_same_objective "
        "test_weight_decay_separates_into_scalar_problems"
    ),
    "reformulation/linear_network/test_network_proofs.py": (
        "test_a_bound_that_the_user_states_is_an_assumption_or_proved "
        "test_bounds_scale_with_the_table_bit_for_bit test_the_checker_makes_every_lift_anew_from_the_table"
    ),
    "reformulation/test_decayed_network.py": "test_contract test_convex_bound_is_below_descent",
    "reformulation/test_programs.py": "test_binary_programs_against_enumeration",
    "reformulation/test_quadratic_program.py": "test_nothing_is_feasible",
    "reformulation/test_relu_network.py": (
        "test_level_0_with_all_signs_decided_is_the_enumeration test_level_1_closes_the_gap_of_level_0"
    ),
    "solvers/test_solvers.py": "test_splitting_on_more_random_problems",
    "whole/test_architecture.py": "test_there_is_no_circle",
    "whole/test_benchmarks.py": "test_a_page_is_written_between_its_marks",
    "whole/test_data_search.py": "test_every_kind_can_be_asked_and_judged",
    "whole/test_docs.py": "test_programs_of_the_gallery_run test_the_manual_builds_without_a_warning",
    "whole/test_names.py": "test_nothing_optional_is_needed_to_look_around",
    "whole/test_nothing_lost.py": (
        "test_output_that_fails_is_neither_yes_nor_no test_rows_belong_to_the_code_that_made_them "
        "test_terminals_without_unicode test_workers_end_with_their_parent"
    ),
}  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def _one_blas_thread():
    """Public calls limit BLAS by themselves (support/test_threads.py); tests also call what stands behind them."""
    with threadpool_limits(1):
        yield


def pytest_collection_modifyitems(items):
    """Mark what the table names."""
    here = Path(__file__).parent
    for item in items:
        path = Path(item.path)
        name = getattr(item, "originalname", None)  # doctests have none
        if path.is_relative_to(here) and name in SLOW.get(str(path.relative_to(here)), "").split():
            item.add_marker(pytest.mark.slow)


def pytest_sessionstart():
    """A shell starts `make test &` with Ctrl-C ignored, and what is ignored stays so in every process of it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
