(* Claims about a rational symmetric matrix. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Covers.
Import ListNotations.
Open Scope R_scope.

Definition integers := list (list Z).
Definition at_ij (N : integers) (i j : nat) : Z := nth j (nth i N []) 0%Z.
Definition scaled (P : Z) (M : matrix) : integers := map (map (whole P)) M.
Definition denominator_of (M : matrix) : Z := denominator (concat M).
Definition pairs (n : nat) (f : nat -> nat -> bool) : bool := forallb (fun i => forallb (f i) (below n)) (below n).

(* a square symmetric matrix, and its integers over a common denominator *)
Definition well_formed (M : matrix) : bool :=
  let n := order M in let N := scaled (denominator_of M) M in
  common_ok (denominator_of M) (concat M) && forallb (fun row => Nat.eqb (length row) n) M &&
  pairs n (fun i j => Z.eqb (at_ij N i j) (at_ij N j i)).

Lemma pairs_in n f i j : pairs n f = true -> (i < n)%nat -> (j < n)%nat -> f i j = true.
Proof.
  unfold pairs. intros H Hi Hj. rewrite forallb_forall in H. specialize (H i ltac:(apply in_below; exact Hi)).
  rewrite forallb_forall in H. apply H, in_below, Hj.
Qed.

Lemma scaled_ok M P i j : common_ok P (concat M) = true -> IZR (at_ij (scaled P M) i j) = IZR P * entry M i j.
Proof.
  intros H. unfold at_ij, scaled, entry.
  change (@nil Z) with (map (whole P) []). rewrite map_nth.
  change 0%Z with (whole P 0%Q) at 1. rewrite map_nth.
  destruct (nth_in_or_default i M []) as [Hi|Hd]; [destruct (nth_in_or_default j (nth i M []) 0%Q) as [Hj|Hd]|].
  - apply (common_in P (concat M)); [exact H|]. apply in_concat. exists (nth i M []). split; assumption.
  - rewrite Hd. unfold whole, Q2R. simpl. ring.
  - rewrite Hd. replace (nth j [] 0%Q) with 0%Q by (destruct j; reflexivity). unfold whole, Q2R. simpl. ring.
Qed.

Lemma nth_map_below {A} (f : nat -> A) d n i : (i < n)%nat -> nth i (map f (below n)) d = f i.
Proof.
  intros Hi. rewrite (nth_indep _ d (f 0%nat)) by (rewrite map_length; unfold below; rewrite seq_length; exact Hi).
  rewrite map_nth. unfold below. rewrite seq_nth by exact Hi. reflexivity.
Qed.

Section Matrix.

Variable M : matrix.
Let n := order M.
Let P := denominator_of M.
Let N := scaled P M.
Hypothesis ok : well_formed M = true.

Lemma well_common : common_ok P (concat M) = true.
Proof. unfold well_formed in ok. apply andb_true_iff in ok; destruct ok as [H _]. apply andb_true_iff in H; apply H. Qed.
Lemma P_pos : 0 < IZR P.
Proof. exact (common_pos _ _ well_common). Qed.
Lemma N_ok i j : IZR (at_ij N i j) = IZR P * entry M i j.
Proof. apply scaled_ok, well_common. Qed.
Lemma M_sym i j : (i < n)%nat -> (j < n)%nat -> entry M i j = entry M j i.
Proof.
  intros Hi Hj. assert (H := ok). unfold well_formed in H. apply andb_true_iff in H; destruct H as [_ H].
  apply (pairs_in _ _ i j) in H; [|exact Hi|exact Hj]. apply Z.eqb_eq in H.
  apply (Rmult_eq_reg_l (IZR P)); [|generalize P_pos; lra].
  rewrite <- !N_ok. f_equal. exact H.
Qed.
Lemma M_row i : (i < n)%nat -> length (nth i M []) = n.
Proof.
  intros Hi. assert (H := ok). unfold well_formed in H. apply andb_true_iff in H; destruct H as [H _].
  apply andb_true_iff in H; destruct H as [_ H]. rewrite forallb_forall in H. apply Nat.eqb_eq, H, nth_In, Hi.
Qed.

(* ---- the identity on the orthant ---- *)

Definition ray (i : nat) : table := [[ [([i], 1%Z)] ]].
Definition orthant (k : nat) : cone :=
  {| tables := map ray (below k); forms := []; zeros := []; signs := repeat true k |}.
Definition matrix_poly (A : integers) (T : list nat) : poly :=
  flat_map (fun i => let row := nth i A [] in map (fun j => ([i; j], nth j row 0%Z)) T) T.
Definition weights_poly (w : list Z) : poly := map (fun i => ([i], nth i w 0%Z)) (below (length w)).

Lemma orthant_at k x : nonnegative x -> cone_at (orthant k) x.
Proof.
  intros Hx. split; [|split; [|split]]; simpl.
  - intros B HB. apply in_map_iff in HB. destruct HB as [v [<- _]].
    exists [fun i => match i with O => sqrt (x v) | _ => 0 end]. intros i j. unfold look, ray, gram_of, pval.
    destruct i as [|[|i]]; destruct j as [|[|j]]; simpl; try ring.
    rewrite sqrt_sqrt by apply Hx. ring.
  - intros g [].
  - intros E [].
  - intros v _. apply Hx.
Qed.

Lemma matrix_poly_val A T x : pval x (matrix_poly A T) = sum (fun i => sum (fun j => IZR (at_ij A i j) * (x i * x j)) T) T.
Proof.
  unfold pval, matrix_poly. rewrite sum_flat_map. apply sum_ext; intros i _. cbv zeta. rewrite sum_map.
  apply sum_ext; intros j _. unfold at_ij. simpl. ring.
Qed.

Lemma matrix_poly_form x : pval x (matrix_poly N (below n)) = IZR P * form_of M x.
Proof.
  rewrite matrix_poly_val. unfold form_of, bilinear. rewrite <- sum_scale. apply sum_ext; intros i _.
  rewrite <- sum_scale. apply sum_ext; intros j _. rewrite N_ok. ring.
Qed.

Definition by_identity (w : list Z) (I : identity) : bool :=
  Nat.eqb (length w) n && forallb (fun c => Z.ltb 0 c) w &&
  proves (orthant n) (level I + 2) (weights_poly w) (matrix_poly N (below n)) I.

Lemma by_identity_ok w I : by_identity w I = true -> copositive M.
Proof.
  unfold by_identity. intros H x Hx. apply andb_true_iff in H; destruct H as [H Hp].
  apply andb_true_iff in H; destruct H as [Hl Hw]. apply Nat.eqb_eq in Hl. rewrite forallb_forall in Hw.
  apply (proves_ok _ _ _ _ _ x (orthant_at n x Hx)) in Hp. rewrite matrix_poly_form in Hp.
  assert (HP := P_pos).
  assert (He : 0 <= pval x (weights_poly w)).
  { unfold pval, weights_poly. rewrite sum_map. apply sum_nonneg; intros i Hi. apply in_below in Hi. simpl.
    specialize (Hw (nth i w 0%Z) (nth_In _ _ Hi)). apply Z.ltb_lt, IZR_lt in Hw. specialize (Hx i).
    apply Rmult_le_pos; [lra|]. nra. }
  destruct (Req_dec (pval x (weights_poly w)) 0) as [E|E].
  - (* then x = 0 *)
    assert (Z : forall i, (i < n)%nat -> x i = 0).
    { intros i Hi. rewrite <- Hl in Hi.
      assert (Hw' := Hw (nth i w 0%Z) (nth_In _ _ Hi)). apply Z.ltb_lt, IZR_lt in Hw'.
      destruct (Rle_lt_or_eq_dec 0 (x i) (Hx i)) as [Hlt|Heq]; [exfalso|lra].
      assert (IZR (nth i w 0%Z) * x i <= pval x (weights_poly w)); [|nra].
      unfold pval, weights_poly. rewrite sum_map. cbn [fst snd].
      apply (Rle_trans _ (IZR (nth i w 0%Z) * mval x [i])); [simpl; lra|].
      apply (sum_member (fun k => IZR (nth k w 0%Z) * mval x [k])); [|apply in_below; exact Hi].
      intros k Hk. apply in_below in Hk. simpl.
      specialize (Hw (nth k w 0%Z) (nth_In _ _ Hk)). apply Z.ltb_lt, IZR_lt in Hw. specialize (Hx k).
      apply Rmult_le_pos; [lra|]. nra. }
    unfold form_of, bilinear. rewrite sum_zero; [lra|]. intros i Hi. apply in_below in Hi. apply sum_zero; intros j _.
    rewrite (Z i Hi). ring.
  - assert (0 < pval x (weights_poly w) ^ level I) by (apply pow_lt; lra).
    apply (Rmult_le_reg_l (pval x (weights_poly w) ^ level I * IZR P)); [apply Rmult_lt_0_compat; assumption|]. lra.
Qed.

(* ---- the cover ---- *)

Inductive item := Vector (u : list Z) | Direction (d : list Z) | Part (I : identity).

Definition mem (i : nat) (l : list nat) : bool := existsb (Nat.eqb i) l.
Definition product (z : list (nat * Z)) (j : nat) : Z :=
  fold_right (fun e s => (at_ij N (fst e) j * snd e + s)%Z) 0%Z z.
Definition apart (i j : nat) : bool :=
  negb (Nat.eqb i j) && Z.leb (at_ij N i i + at_ij N j j) (2 * at_ij N i j).
Fixpoint children (low high branch : list nat) : list (list nat * list nat) :=
  match branch with
  | [] => []
  | j :: rest =>
      (low ++ [j], filter (fun k => negb (apart k j)) high) ::
      children low (filter (fun k => negb (Nat.eqb k j)) high) rest
  end.
Definition total (l : list Z) : Z := fold_right Z.add 0%Z l.

Definition part_ok (high : list nat) (I : identity) : bool :=
  Nat.eqb (level I) 0 &&
  proves (orthant n) 2 [] (matrix_poly N (filter (fun i => mem i high) (below n))) I.

Fixpoint covered (items : list item) (stack : list (list nat * list nat)) : bool :=
  match items, stack with
  | [], [] => true
  | it :: rest, (low, high) :: st =>
      match it with
      | Vector u =>
          let z := combine low u in
          let branch := match low with [] => high | _ => filter (fun j => Z.ltb (product z j) 0) high end in
          Nat.eqb (length u) (length low) && match low with [] => true | _ => existsb (fun c => Z.ltb 0 c) u end &&
          forallb (fun j => negb (mem j low)) branch && covered rest (children low high branch ++ st)
      | Direction d =>
          let z := combine low d in
          Nat.eqb (length d) (length low) && Z.eqb (total d) 0 && existsb (fun c => Z.ltb 0 c) d &&
          existsb (fun c => Z.ltb c 0) d &&
          Z.leb (fold_right (fun e s => (snd e * product z (fst e) + s)%Z) 0%Z z) 0 && covered rest st
      | Part J => part_ok high J && covered rest st
      end
  | _, _ => false
  end.

(* a node, and the supports that it stands for *)
Definition node_ok (c : list nat * list nat) : Prop :=
  NoDup (fst c) /\ (forall i, In i (fst c) -> (i < n)%nat) /\ (forall i, In i (snd c) -> (i < n)%nat).
Definition within (x : vector) (c : list nat * list nat) : Prop :=
  (forall i, In i (fst c) -> x i <> 0) /\ (forall i, (i < n)%nat -> x i <> 0 -> In i (snd c)).

Definition spread (z : list (nat * Z)) (i : nat) : R := sum (fun e => if Nat.eqb i (fst e) then IZR (snd e) else 0) z.

Lemma spread_out z i : ~ In i (map fst z) -> spread z i = 0.
Proof.
  intros H. unfold spread. apply sum_zero; intros e He. destruct (Nat.eqb_spec i (fst e)) as [->|_]; [|reflexivity].
  exfalso. apply H, in_map, He.
Qed.

Lemma spread_at z i c : NoDup (map fst z) -> In (i, c) z -> spread z i = IZR c.
Proof.
  unfold spread. induction z as [|[k d] z IH]; intros Hd Hi; [destruct Hi|]. inversion Hd as [|? ? Hk Hd']; subst.
  change (sum ?f (?a :: ?l)) with (f a + sum f l). cbn [fst snd]. destruct Hi as [E|Hi].
  - inversion E; subst. rewrite Nat.eqb_refl. fold (spread z i). rewrite spread_out by exact Hk. ring.
  - destruct (Nat.eqb_spec i k) as [->|_]; [exfalso; apply Hk; apply in_map_iff; exists (k, c); split; [reflexivity|exact Hi]|].
    rewrite IH by assumption. ring.
Qed.

Lemma combine_fst {B} (l : list nat) (u : list B) : length u = length l -> map fst (combine l u) = l.
Proof. revert u; induction l as [|a l IH]; intros [|b u] H; simpl in *; try discriminate; [reflexivity|]. rewrite IH by lia. reflexivity. Qed.

Lemma product_val z j : (forall i, In i (map fst z) -> (i < n)%nat) ->
  IZR (product z j) = IZR P * row_of n (entry M) (spread z) j.
Proof.
  intros Hz. unfold row_of, spread.
  transitivity (IZR P * sum (fun e => entry M (fst e) j * IZR (snd e)) z).
  - unfold product. clear Hz. induction z as [|e z IH]; cbn [fold_right sum]; [simpl; ring|].
    rewrite plus_IZR, mult_IZR, IH, N_ok. unfold sum. simpl. ring.
  - f_equal.
    transitivity (sum (fun i => sum (fun e => entry M i j * (if Nat.eqb i (fst e) then IZR (snd e) else 0)) z) (below n)).
    + rewrite sum_swap. apply sum_ext; intros e He. symmetry.
      rewrite (sum_below_single _ (fst e) n).
      * rewrite Nat.eqb_refl. reflexivity.
      * apply Hz, in_map, He.
      * intros k _ Hk. apply Nat.eqb_neq in Hk. rewrite Hk. ring.
    + apply sum_ext; intros i _. rewrite sum_scale. reflexivity.
Qed.

Lemma spread_quad z : (forall i, In i (map fst z) -> (i < n)%nat) ->
  IZR (fold_right (fun e s => (snd e * product z (fst e) + s)%Z) 0%Z z) = IZR P * bilinear n (entry M) (spread z) (spread z).
Proof.
  intros Hz. rewrite bilinear_row.
  transitivity (sum (fun e => IZR (snd e) * (IZR P * row_of n (entry M) (spread z) (fst e))) z).
  - generalize (fun e : nat * Z => product_val z (fst e) Hz). intros Hp.
    assert (H : forall l, IZR (fold_right (fun e s => (snd e * product z (fst e) + s)%Z) 0%Z l) =
      sum (fun e => IZR (snd e) * (IZR P * row_of n (entry M) (spread z) (fst e))) l).
    { induction l as [|e l IH]; [reflexivity|]. cbn [fold_right]. rewrite plus_IZR, mult_IZR, IH, (Hp e). reflexivity. }
    apply H.
  - rewrite <- sum_scale. unfold spread at 2.
    transitivity (sum (fun j => sum (fun e => IZR P * ((if Nat.eqb j (fst e) then IZR (snd e) else 0) *
      row_of n (entry M) (spread z) j)) z) (below n)).
    + rewrite sum_swap. apply sum_ext; intros e He. symmetry. rewrite (sum_below_single _ (fst e) n).
      * rewrite Nat.eqb_refl. ring.
      * apply Hz, in_map, He.
      * intros k _ Hk. apply Nat.eqb_neq in Hk. rewrite Hk. ring.
    + apply sum_ext; intros j _. rewrite sum_scale, sum_scale_r. reflexivity.
Qed.

Lemma mem_in i l : mem i l = true <-> In i l.
Proof.
  unfold mem. rewrite existsb_exists. split.
  - intros (k & Hk & E). apply Nat.eqb_eq in E; subst; exact Hk.
  - intros H. exists i. split; [exact H|apply Nat.eqb_refl].
Qed.

Lemma combine_has (low : list nat) (u : list Z) (p : Z -> bool) : length u = length low -> existsb p u = true ->
  exists i c, In (i, c) (combine low u) /\ p c = true.
Proof.
  revert u; induction low as [|i low IH]; intros [|c u] Hl H; simpl in *; try discriminate.
  apply orb_true_iff in H; destruct H as [H|H].
  - exists i, c. split; [left; reflexivity|exact H].
  - destruct (IH u ltac:(lia) H) as (k & d & Hk & Hd). exists k, d. split; [right; exact Hk|exact Hd].
Qed.

Notation minimal := (minimal n (entry M)).

Lemma apart_excludes x i j : minimal x -> (i < n)%nat -> (j < n)%nat -> x i <> 0 -> x j <> 0 -> apart i j = false.
Proof.
  intros Hm Hi Hj Hxi Hxj. destruct (apart i j) eqn:E; [exfalso|reflexivity].
  unfold apart in E. apply andb_true_iff in E; destruct E as [Hn Hle]. apply negb_true_iff, Nat.eqb_neq in Hn.
  apply Z.leb_le, IZR_le in Hle. rewrite plus_IZR, mult_IZR, !N_ok in Hle.
  set (z := [(i, 1%Z); (j, (-1)%Z)]).
  assert (Hz : forall k, In k (map fst z) -> (k < n)%nat) by (intros k [<-|[<-|[]]]; assumption).
  assert (Hq := spread_quad z Hz). unfold z in Hq. cbn [fold_right fst snd product] in Hq. fold z in Hq.
  rewrite !plus_IZR, !mult_IZR, !plus_IZR, !mult_IZR, !N_ok in Hq. rewrite (M_sym j i Hj Hi) in Hq.
  assert (HP := P_pos).
  assert (Hd : NoDup (map fst z)). { simpl. constructor; [intros [<-|[]]; apply Hn; reflexivity|]. constructor; [intros []|constructor]. }
  apply (direction_excludes n (entry M) M_sym x (spread z) Hm).
  - intros k Hk E. apply spread_out. intros [<-|[<-|[]]]; contradiction.
  - intros k Hk. apply spread_out. intros H. apply Hz in H. lia.
  - exists i. rewrite (spread_at z i 1 Hd) by (left; reflexivity). lra.
  - exists j. rewrite (spread_at z j (-1) Hd) by (right; left; reflexivity). lra.
  - apply (Rmult_le_reg_l (IZR P)); [exact HP|]. lra.
Qed.

Lemma children_ok x low branch : minimal x -> (forall i, In i low -> (i < n)%nat) -> (forall j, In j branch -> ~ In j low) ->
  NoDup low -> forall high, node_ok (low, high) -> (forall j, In j branch -> (j < n)%nat) -> within x (low, high) ->
  (exists j, In j branch /\ x j <> 0) -> exists c, In c (children low high branch) /\ within x c.
Proof.
  intros Hm Hlow Hb Hd. induction branch as [|j branch IH]; intros high Hc Hbn Hw (k & Hk & Hxk); [destruct Hk|].
  cbn [children]. destruct (Req_EM_T (x j) 0) as [E|E].
  - destruct (IH ltac:(intros; apply Hb; right; assumption) (filter (fun k => negb (Nat.eqb k j)) high)) as (c & Hc' & Hw').
    + split; [apply Hc|split; [apply Hc|]]. intros i Hi. apply filter_In in Hi. apply Hc, Hi.
    + intros; apply Hbn; right; assumption.
    + split; [apply Hw|]. intros i Hi Hx. apply filter_In. split; [apply Hw; assumption|].
      apply negb_true_iff, Nat.eqb_neq. intros ->; contradiction.
    + destruct Hk as [<-|Hk]; [contradiction|]. exists k. split; assumption.
    + exists c. split; [right; exact Hc'|exact Hw'].
  - exists (low ++ [j], filter (fun k => negb (apart k j)) high). split; [left; reflexivity|].
    assert (Hj : (j < n)%nat) by (apply Hbn; left; reflexivity). split.
    + intros i Hi. apply in_app_iff in Hi. destruct Hi as [Hi|[<-|[]]]; [apply Hw; exact Hi|exact E].
    + intros i Hi Hx. apply filter_In. split; [apply Hw; assumption|]. rewrite (apart_excludes x i j Hm Hi Hj Hx E). reflexivity.
Qed.

Lemma children_nodes low branch : (forall j, In j branch -> ~ In j low) -> forall high, node_ok (low, high) ->
  (forall j, In j branch -> (j < n)%nat) -> forall c, In c (children low high branch) -> node_ok c.
Proof.
  induction branch as [|j branch IH]; intros Hb high Hc Hbn c Hi; [destruct Hi|]. cbn [children] in Hi. destruct Hi as [<-|Hi].
  - destruct Hc as (Hd & Hl & Hh). split; [|split]; cbn [fst snd] in *.
    + apply NoDup_Add with (a := j) (l := low).
      * rewrite <- (app_nil_r low) at 1. apply Add_app.
      * split; [exact Hd|apply Hb; left; reflexivity].
    + intros i Hi. apply in_app_iff in Hi. destruct Hi as [Hi|[<-|[]]]; [apply Hl; exact Hi|apply Hbn; left; reflexivity].
    + intros i Hi. apply filter_In in Hi. apply Hh, Hi.
  - apply (IH ltac:(intros; apply Hb; right; assumption) (filter (fun k => negb (Nat.eqb k j)) high)); [|intros; apply Hbn; right; assumption|exact Hi].
    split; [apply Hc|split; [apply Hc|]]. intros i Hi'. apply filter_In in Hi'. apply Hc, Hi'.
Qed.

Lemma part_excludes x high I : minimal x -> part_ok high I = true -> (forall i, (i < n)%nat -> x i <> 0 -> In i high) -> False.
Proof.
  intros (Hx & Hv & _) H Hh. unfold part_ok in H. apply andb_true_iff in H; destruct H as [Hl H].
  apply Nat.eqb_eq in Hl. apply (proves_ok _ _ _ _ _ x (orthant_at n x Hx)) in H. rewrite Hl in H. simpl pow in H.
  rewrite matrix_poly_val in H.
  assert (F : forall f, (forall i, (i < n)%nat -> x i = 0 -> f i = 0) -> sum f (filter (fun i => mem i high) (below n)) = sum f (below n)).
  { intros f Hf. assert (G : forall l, (forall i, In i l -> (i < n)%nat) -> sum f (filter (fun i => mem i high) l) = sum f l).
    { induction l as [|i l IH]; intros Hl'; [reflexivity|]. cbn [filter].
      change (sum f (i :: l)) with (f i + sum f l). rewrite <- IH by (intros; apply Hl'; right; assumption).
      destruct (mem i high) eqn:E; [reflexivity|].
      rewrite (Hf i); [ring|apply Hl'; left; reflexivity|]. destruct (Req_EM_T (x i) 0) as [E0|E0]; [exact E0|].
      exfalso. apply Hh, mem_in in E0; [|apply Hl'; left; reflexivity]. congruence. }
    apply G. intros i; apply in_below. }
  rewrite F in H.
  - rewrite (sum_ext _ (fun i => sum (fun j => IZR (at_ij N i j) * (x i * x j)) (below n))) in H.
    + rewrite <- matrix_poly_val, matrix_poly_form in H. unfold form_of in H. generalize P_pos. intros HP. fold n in H. nra.
    + intros i _. apply F. intros j _ E. rewrite E. ring.
  - intros i _ E. apply sum_zero; intros j _. rewrite E. ring.
Qed.

Lemma covered_ok items : forall stack, (forall c, In c stack -> node_ok c) -> covered items stack = true ->
  forall x c, In c stack -> minimal x -> within x c -> False.
Proof.
  induction items as [|it items IH]; intros [|[low high] st] Hs H x c Hc Hm Hw; try discriminate; [destruct Hc|].
  assert (Hst : forall c, In c st -> node_ok c) by (intros; apply Hs; right; assumption).
  assert (Hn := Hs _ (or_introl eq_refl)).
  destruct it as [u|d|I]; cbn [covered] in H; cbv zeta in H.
  - apply andb_true_iff in H; destruct H as [H Hrec]. apply andb_true_iff in H; destruct H as [H Hb].
    apply andb_true_iff in H; destruct H as [Hl Hu]. apply Nat.eqb_eq in Hl. rewrite forallb_forall in Hb.
    set (branch := match low with [] => high | _ => filter (fun j => Z.ltb (product (combine low u) j) 0) high end) in *.
    assert (Hbh : forall j, In j branch -> In j high).
    { intros j. unfold branch. destruct low; [trivial|]. intros Hj. apply filter_In in Hj. apply Hj. }
    assert (Hb' : forall j, In j branch -> ~ In j low).
    { intros j Hj Hi. specialize (Hb j Hj). apply negb_true_iff in Hb. apply mem_in in Hi. congruence. }
    assert (Hbn : forall j, In j branch -> (j < n)%nat) by (intros j Hj; apply Hn, Hbh, Hj).
    assert (Hs' : forall c, In c (children low high branch ++ st) -> node_ok c).
    { intros c' Hc'. apply in_app_iff in Hc'. destruct Hc' as [Hc'|Hc']; [|apply Hst; exact Hc'].
      apply (children_nodes low branch Hb' high Hn Hbn c' Hc'). }
    destruct Hc as [<-|Hc]; [|apply (IH _ Hs' Hrec x c); [apply in_app_iff; right; exact Hc|exact Hm|exact Hw]].
    assert (Dec : (exists j, In j branch /\ x j <> 0) \/ (forall j, In j branch -> x j = 0)).
    { clear. induction branch as [|j l IHl]; [right; intros j []|].
      destruct IHl as [(k & Hk & Hx)|Hx]; [left; exists k; split; [right; exact Hk|exact Hx]|].
      destruct (Req_EM_T (x j) 0) as [E|E]; [right; intros k [<-|Hk]; [exact E|apply Hx; exact Hk]|].
      left. exists j. split; [left; reflexivity|exact E]. }
    destruct Dec as [Dec|Dec].
    + destruct (children_ok x low branch Hm (proj1 (proj2 Hn)) Hb' (proj1 Hn) high Hn Hbn Hw Dec) as (c & Hc & Hwc).
      apply (IH _ Hs' Hrec x c); [apply in_app_iff; left; exact Hc|exact Hm|exact Hwc].
    + destruct Hw as [Hwl Hwh]. cbn [fst snd] in *.
      destruct low as [|l0 low'].
      * (* then x = 0 *)
        destruct Hm as (_ & Hv & _). rewrite (bilinear_ext n (entry M) (entry M) x x (fun _ => 0) (fun _ => 0)) in Hv.
        -- unfold bilinear in Hv. rewrite sum_zero in Hv; [lra|]. intros; apply sum_zero; intros; ring.
        -- intros i j Hi Hj. destruct (Req_EM_T (x i) 0) as [E|E]; [rewrite E; ring|].
           exfalso. apply E, Dec. unfold branch. apply Hwh; assumption.
      * set (low := l0 :: low') in *. set (z := combine low u) in *.
        assert (Hf : map fst z = low) by (apply combine_fst; exact Hl).
        assert (Hzn : forall i, In i (map fst z) -> (i < n)%nat) by (rewrite Hf; intros i Hi; apply (proj1 (proj2 Hn)); exact Hi).
        destruct (combine_has low u _ Hl Hu) as (i & c & Hi & Hc). apply Z.ltb_lt, IZR_lt in Hc.
        apply (vector_excludes n (entry M) M_sym x (spread z) Hm).
        -- intros k _ E. apply spread_out. rewrite Hf. intros Hk. apply (Hwl k Hk E).
        -- intros k Hk. apply spread_out. rewrite Hf. intros Hi'. assert (k < n)%nat by (apply (proj1 (proj2 Hn)); exact Hi'). lia.
        -- exists i. rewrite (spread_at z i c); [exact Hc| |exact Hi]. rewrite Hf. apply Hn.
        -- intros j Hj Hx. destruct (Rle_or_lt 0 (row_of n (entry M) (spread z) j)) as [Hr|Hr]; [exact Hr|exfalso].
           apply Hx, Dec. unfold branch, low. apply filter_In. split; [apply Hwh; assumption|].
           apply Z.ltb_lt, lt_IZR. fold low. fold z. rewrite product_val by exact Hzn. generalize P_pos. intros HP. nra.
  - apply andb_true_iff in H; destruct H as [H Hrec]. apply andb_true_iff in H; destruct H as [H Hq].
    apply andb_true_iff in H; destruct H as [H Hneg]. apply andb_true_iff in H; destruct H as [H Hpos].
    apply andb_true_iff in H; destruct H as [Hl _]. apply Nat.eqb_eq in Hl.
    destruct Hc as [<-|Hc]; [|apply (IH _ Hst Hrec x c Hc Hm Hw)].
    destruct Hw as [Hwl Hwh]. cbn [fst snd] in *. set (z := combine low d) in *.
    assert (Hf : map fst z = low) by (apply combine_fst; exact Hl).
    assert (Hzn : forall i, In i (map fst z) -> (i < n)%nat) by (rewrite Hf; intros i Hi; apply (proj1 (proj2 Hn)); exact Hi).
    assert (Hd : NoDup (map fst z)) by (rewrite Hf; apply Hn).
    apply (direction_excludes n (entry M) M_sym x (spread z) Hm).
    + intros k _ E. apply spread_out. rewrite Hf. intros Hk. apply (Hwl k Hk E).
    + intros k Hk. apply spread_out. rewrite Hf. intros Hi'. assert (k < n)%nat by (apply (proj1 (proj2 Hn)); exact Hi'). lia.
    + destruct (combine_has low d _ Hl Hpos) as (i & c & Hi & Hc). exists i. rewrite (spread_at z i c Hd Hi).
      apply Z.ltb_lt, IZR_lt in Hc. exact Hc.
    + destruct (combine_has low d _ Hl Hneg) as (i & c & Hi & Hc). exists i. rewrite (spread_at z i c Hd Hi).
      apply Z.ltb_lt, IZR_lt in Hc. exact Hc.
    + apply Z.leb_le, IZR_le in Hq. rewrite spread_quad in Hq by exact Hzn. generalize P_pos. intros HP.
      apply (Rmult_le_reg_l (IZR P)); [exact HP|]. lra.
  - apply andb_true_iff in H; destruct H as [Hp Hrec].
    destruct Hc as [<-|Hc]; [|apply (IH _ Hst Hrec x c Hc Hm Hw)].
    apply (part_excludes x high I Hm Hp). apply Hw.
Qed.

Definition by_cover (items : list item) : bool := covered items [([], below n)].

Lemma by_cover_ok items : by_cover items = true -> copositive M.
Proof.
  intros H x Hx. unfold form_of. apply (no_minimal n (entry M)); [|exact Hx]. clear x Hx. intros x Hm.
  apply (covered_ok items [([], below n)]) with (x := x) (c := ([], below n)).
  - intros c [<-|[]]. split; [constructor|split; [intros i []|]]. intros i; apply in_below.
  - exact H.
  - left; reflexivity.
  - exact Hm.
  - split; [intros i []|]. intros i Hi _. apply in_below; exact Hi.
Qed.

(* ---- a point where the form is negative ---- *)

Definition negative_at (x : list Z) : bool :=
  forallb (fun c => Z.leb 0 c) x && Z.ltb (fold_right (fun e s => (snd e * product (combine (below n) x) (fst e) + s)%Z) 0%Z (combine (below n) x)) 0 &&
  Nat.eqb (length x) n.

Lemma spread_nonneg x : forallb (fun c => Z.leb 0 c) x = true -> nonnegative (spread (combine (below n) x)).
Proof.
  intros H i. unfold spread. apply sum_nonneg; intros [k c] Hc. cbn [fst snd]. apply in_combine_r in Hc.
  rewrite forallb_forall in H. specialize (H c Hc). apply Z.leb_le, IZR_le in H. destruct (Nat.eqb i k); lra.
Qed.

Lemma below_fst {B} (x : list B) : length x = n -> map fst (combine (below n) x) = below n.
Proof. intros H. apply combine_fst. rewrite H. unfold below. rewrite seq_length. reflexivity. Qed.

Lemma negative_at_ok x : negative_at x = true -> ~ copositive M.
Proof.
  unfold negative_at. intros H Hc. apply andb_true_iff in H; destruct H as [H Hl]. apply andb_true_iff in H; destruct H as [Hp Hn].
  apply Nat.eqb_eq in Hl. specialize (Hc _ (spread_nonneg x Hp)). apply Z.ltb_lt, IZR_lt in Hn. rewrite spread_quad in Hn.
  - unfold form_of in Hc. fold n in Hc. generalize P_pos. intros. nra.
  - rewrite below_fst by exact Hl. intros i; apply in_below.
Qed.

Definition nonpositive_at (x : list Z) : bool :=
  forallb (fun c => Z.leb 0 c) x && Z.leb (fold_right (fun e s => (snd e * product (combine (below n) x) (fst e) + s)%Z) 0%Z (combine (below n) x)) 0 &&
  Nat.eqb (length x) n && existsb (fun c => Z.ltb 0 c) x.

Lemma nonpositive_at_ok x : nonpositive_at x = true -> ~ strictly_copositive M.
Proof.
  unfold nonpositive_at. intros H Hc. apply andb_true_iff in H; destruct H as [H He]. apply andb_true_iff in H; destruct H as [H Hl].
  apply andb_true_iff in H; destruct H as [Hp Hn].
  apply Nat.eqb_eq in Hl. apply Z.leb_le, IZR_le in Hn. rewrite spread_quad in Hn.
  - assert (Hf := below_fst x Hl).
    destruct (combine_has (below n) x _ ltac:(rewrite Hl; unfold below; rewrite seq_length; reflexivity) He) as (i & c & Hi & Hc').
    specialize (Hc _ (spread_nonneg x Hp)). unfold form_of in Hc. fold n in Hc.
    assert (0 < bilinear n (entry M) (spread (combine (below n) x)) (spread (combine (below n) x))); [|generalize P_pos; intros; nra].
    apply Hc. exists i. split; [apply in_combine_l in Hi; apply in_below in Hi; exact Hi|].
    rewrite (spread_at _ i c); [|rewrite Hf; apply nodup_below|exact Hi]. apply Z.ltb_lt, IZR_lt in Hc'. lra.
  - rewrite below_fst by exact Hl. intros i; apply in_below.
Qed.

(* ---- complete positivity: X N = B diag(w) B' + R, all nonnegative, R diagonally dominant ---- *)

Record factorization := { common_factor : Z; column_weights : list Z; factor_rows : integers }.

Definition left_over (F : factorization) (i j : nat) : Z :=
  (common_factor F * at_ij N i j - inner (weighted (column_weights F) (nth i (factor_rows F) [])) (nth j (factor_rows F) []))%Z.

Definition by_factor (F : factorization) : bool :=
  let rows := map (fun i => let w := weighted (column_weights F) (nth i (factor_rows F) []) in
    let row := nth i N [] in
    map (fun j => (common_factor F * nth j row 0 - inner w (nth j (factor_rows F) []))%Z) (below n)) (below n) in
  Z.ltb 0 (common_factor F) && forallb (fun c => Z.leb 0 c) (column_weights F) &&
  forallb (forallb (fun c => Z.leb 0 c)) (factor_rows F) &&
  forallb (forallb (fun c => Z.leb 0 c)) rows &&
  forallb (fun i => let row := nth i rows [] in Z.leb (total row) (2 * nth i row 0)%Z) (below n).

Lemma by_factor_ok F : by_factor F = true -> completely_positive M.
Proof.
  unfold by_factor. cbv zeta. intros H.
  set (rows := map _ (below n)) in H.
  apply andb_true_iff in H; destruct H as [H Hd]. apply andb_true_iff in H; destruct H as [H Hr].
  apply andb_true_iff in H; destruct H as [H Hb]. apply andb_true_iff in H; destruct H as [HX Hw].
  apply Z.ltb_lt, IZR_lt in HX. rewrite forallb_forall in Hw, Hb, Hr, Hd.
  set (X := IZR (common_factor F)) in *. set (w := column_weights F) in *. set (B := factor_rows F) in *.
  assert (HP := P_pos).
  set (R := fun i j => IZR (left_over F i j)).
  assert (Hrow : forall i, (i < n)%nat -> nth i rows [] = map (left_over F i) (below n)).
  { intros i Hi. unfold rows. rewrite nth_map_below by exact Hi. reflexivity. }
  assert (HR : forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= R i j).
  { intros i j Hi Hj. unfold R. apply IZR_le.
    assert (Hin : In (nth i rows []) rows).
    { apply nth_In. unfold rows. rewrite map_length. unfold below. rewrite seq_length. exact Hi. }
    specialize (Hr _ Hin). rewrite forallb_forall in Hr. rewrite Hrow in Hr by exact Hi. apply Z.leb_le, Hr.
    apply in_map. apply in_below; exact Hj. }
  assert (HRe : forall i j, R i j = X * (IZR P * entry M i j) -
      sum (fun k => at_place w k * (at_place (nth i B []) k * at_place (nth j B []) k)) (below (length w))).
  { intros i j. unfold R, left_over. rewrite minus_IZR, mult_IZR, N_ok. fold w B. rewrite inner_val. reflexivity. }
  assert (HRs : forall i j, (i < n)%nat -> (j < n)%nat -> R i j = R j i).
  { intros i j Hi Hj. rewrite !HRe, (M_sym i j Hi Hj). f_equal. apply sum_ext; intros; ring. }
  set (off := fun i j => if Nat.eqb i j then 0 else R i j).
  assert (Hoff : forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= off i j).
  { intros i j Hi Hj. unfold off. destruct (Nat.eqb i j); [lra|apply HR; assumption]. }
  set (slack := fun i => R i i - sum (off i) (below n)).
  assert (Hslack : forall i, (i < n)%nat -> 0 <= slack i).
  { intros i Hi. specialize (Hd i ltac:(apply in_below; exact Hi)). cbv zeta in Hd. rewrite Hrow in Hd by exact Hi.
    apply Z.leb_le, IZR_le in Hd.
    assert (E : IZR (total (map (left_over F i) (below n))) = sum (R i) (below n)).
    { unfold R, total. generalize (below n). induction l as [|j l IH]; [reflexivity|]. cbn [map fold_right]. rewrite plus_IZR, IH. reflexivity. }
    rewrite E, mult_IZR in Hd.
    rewrite nth_map_below in Hd by exact Hi. fold (R i i) in Hd.
    unfold slack. assert (Es : sum (R i) (below n) = R i i + sum (off i) (below n)).
    { rewrite (sum_ext (R i) (fun j => (if Nat.eqb j i then R i i else 0) + off i j)).
      - rewrite sum_plus. f_equal. rewrite (sum_below_single _ i n Hi); [rewrite Nat.eqb_refl; reflexivity|].
        intros k _ Hk. apply Nat.eqb_neq in Hk. rewrite Hk. reflexivity.
      - intros j _. unfold off. rewrite (Nat.eqb_sym j i). destruct (Nat.eqb_spec i j) as [->|_]; ring. }
    lra. }
  set (c := / (X * IZR P)). assert (Hc : 0 <= c) by (apply Rlt_le, Rinv_0_lt_compat, Rmult_lt_0_compat; assumption).
  exists (map (fun k p => sqrt (at_place w k * c) * at_place (nth p B []) k) (below (length w)) ++
    flat_map (fun i => map (fun j p => sqrt (off i j / 2 * c) * (unit_at i p + unit_at j p)) (below n)) (below n) ++
    map (fun i p => sqrt (slack i * c) * unit_at i p) (below n)).
  assert (Hu : forall i p, 0 <= unit_at i p) by (intros i p; unfold unit_at; destruct (Nat.eqb p i); lra).
  assert (Hplace : forall l k, (forall a, In a l -> (0 <= a)%Z) -> 0 <= at_place l k).
  { intros l k Hl. unfold at_place. apply IZR_le. destruct (nth_in_or_default k l 0%Z) as [Hi|E]; [apply Hl; exact Hi|rewrite E; lia]. }
  split.
  - intros b Hin i. apply in_app_iff in Hin. destruct Hin as [Hin|Hin]; [|apply in_app_iff in Hin; destruct Hin as [Hin|Hin]].
    + apply in_map_iff in Hin. destruct Hin as [k [<- _]]. apply Rmult_le_pos; [apply sqrt_pos|]. apply Hplace.
      intros a Ha. destruct (nth_in_or_default i B []) as [Hi|E]; [|rewrite E in Ha; destruct Ha].
      specialize (Hb _ Hi). rewrite forallb_forall in Hb. apply Z.leb_le, Hb, Ha.
    + apply in_flat_map in Hin. destruct Hin as [k [_ Hin]]. apply in_map_iff in Hin. destruct Hin as [j [<- _]].
      apply Rmult_le_pos; [apply sqrt_pos|]. generalize (Hu k i) (Hu j i). lra.
    + apply in_map_iff in Hin. destruct Hin as [k [<- _]]. apply Rmult_le_pos; [apply sqrt_pos|apply Hu].
  - intros p q Hp Hq. rewrite !sum_app, sum_flat_map, !sum_map.
    assert (E1 : sum (fun k => sqrt (at_place w k * c) * at_place (nth p B []) k * (sqrt (at_place w k * c) * at_place (nth q B []) k)) (below (length w)) =
      c * sum (fun k => at_place w k * (at_place (nth p B []) k * at_place (nth q B []) k)) (below (length w))).
    { rewrite <- sum_scale. apply sum_ext; intros k _.
      assert (0 <= at_place w k) by (apply Hplace; intros a Ha; apply Z.leb_le, Hw, Ha).
      assert (Hs := sqrt_sqrt (at_place w k * c) ltac:(apply Rmult_le_pos; assumption)).
      transitivity (sqrt (at_place w k * c) * sqrt (at_place w k * c) * (at_place (nth p B []) k * at_place (nth q B []) k)); [ring|].
      rewrite Hs. ring. }
    assert (E3 : sum (fun i => sqrt (slack i * c) * unit_at i p * (sqrt (slack i * c) * unit_at i q)) (below n) =
      if Nat.eqb q p then c * slack p else 0).
    { rewrite (sum_below_single _ p n Hp).
      - assert (Hs := sqrt_sqrt (slack p * c) ltac:(apply Rmult_le_pos; [apply Hslack; exact Hp|exact Hc])).
        transitivity (sqrt (slack p * c) * sqrt (slack p * c) * (unit_at p p * unit_at p q)); [ring|]. rewrite Hs.
        unfold unit_at. rewrite Nat.eqb_refl. destruct (Nat.eqb q p); ring.
      - intros k _ Hk. unfold unit_at at 1. replace (Nat.eqb p k) with false by (symmetry; apply Nat.eqb_neq; congruence). ring. }
    assert (E2 : sum (fun i => sum (fun b => b p * b q) (map (fun j p0 => sqrt (off i j / 2 * c) * (unit_at i p0 + unit_at j p0)) (below n))) (below n) =
      c * (off p q + if Nat.eqb q p then sum (off p) (below n) else 0)).
    { transitivity (c / 2 * bilinear n off (fun i => unit_at i p * unit_at i q) (fun _ => 1) +
        c / 2 * bilinear n off (fun _ => 1) (fun i => unit_at i p * unit_at i q) +
        c / 2 * bilinear n off (fun i => unit_at p i) (fun j => unit_at q j) + c / 2 * bilinear n off (fun i => unit_at q i) (fun j => unit_at p j)).
      - unfold bilinear. rewrite <- !sum_scale, <- !sum_plus. apply sum_ext; intros i Hi. rewrite sum_map.
        rewrite <- !sum_scale, <- !sum_plus. apply sum_ext; intros j Hj. apply in_below in Hi; apply in_below in Hj.
        assert (Hs := sqrt_sqrt (off i j / 2 * c) ltac:(generalize (Hoff i j Hi Hj); intros; apply Rmult_le_pos; lra)).
        transitivity (sqrt (off i j / 2 * c) * sqrt (off i j / 2 * c) * ((unit_at i p + unit_at j p) * (unit_at i q + unit_at j q))); [ring|].
        rewrite Hs. unfold unit_at. rewrite (Nat.eqb_sym i p), (Nat.eqb_sym i q), (Nat.eqb_sym j p), (Nat.eqb_sym j q).
        destruct (Nat.eqb p i), (Nat.eqb p j), (Nat.eqb q i), (Nat.eqb q j); field.
      - assert (Hos : forall i j, (i < n)%nat -> (j < n)%nat -> off i j = off j i).
        { intros i j Hi Hj. unfold off. rewrite (Nat.eqb_sym j i). rewrite (HRs i j Hi Hj). reflexivity. }
        rewrite (bilinear_sym n off (fun _ => 1) _ Hos).
        change (fun i : nat => unit_at p i) with (unit_at p). change (fun i : nat => unit_at q i) with (unit_at q).
        rewrite !bilinear_units by assumption. rewrite (Hos q p Hq Hp).
        assert (E : bilinear n off (fun i => unit_at i p * unit_at i q) (fun _ => 1) = if Nat.eqb q p then sum (off p) (below n) else 0).
        { unfold bilinear. rewrite (sum_below_single _ p n Hp).
          - unfold unit_at. rewrite Nat.eqb_refl. destruct (Nat.eqb q p).
            + apply sum_ext; intros; ring.
            + apply sum_zero; intros; ring.
          - intros k _ Hk. apply sum_zero; intros j _. unfold unit_at.
            replace (Nat.eqb p k) with false by (symmetry; apply Nat.eqb_neq; congruence). ring. }
        rewrite E. field. }
    rewrite E1, E2, E3.
    assert (EX : entry M p q = c * (R p q + sum (fun k => at_place w k * (at_place (nth p B []) k * at_place (nth q B []) k)) (below (length w)))).
    { rewrite HRe. unfold c. field. split; lra. }
    rewrite EX. unfold off at 1, slack. rewrite (Nat.eqb_sym p q). destruct (Nat.eqb_spec q p) as [->|_]; ring.
Qed.

End Matrix.
