(* Claims about every Y in the closed convex cone: C − Σ y_i A_i >= 0 at every atom. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Matrices Programs Everywhere Faces Cells Symmetric Simplices.
Import ListNotations.
Open Scope R_scope.

(* ---- a form is nonnegative at the atoms ---- *)

Inductive way := ByCells (ls : list local) (t : cells) | OnAverage (s : symmetry) (i : identity) | BySimplices (s : simplices).
Record dual := { multiplier_unit : linear_form; dual_y : list Q; dual_way : way; dual_ends : option ends }.

Definition nonnegative_poly (K : cone) (d : nat) (e f : poly) (c : way) (s : option ends) : bool :=
  let beyond_e := match s with None => false | Some s => everywhere K d e f s end in
  match c with
  | ByCells ls t => forallb (local_ok K d) ls && cells_ok K (strengthened K ls) [] d e f t && (plain t || beyond_e)
  | OnAverage g i => averaged K d e f g i && (Nat.eqb (level i) 0 || beyond_e)
  | BySimplices t => by_simplices K d f t
  end.

Lemma nonnegative_poly_ok K d e f c s x : cone_at K x -> nonnegative_poly K d e f c s = true -> 0 <= pval x f.
Proof.
  unfold nonnegative_poly. cbv zeta. intros HK H. destruct c as [ls t|g i|t]; [| |exact (by_simplices_ok K d f t x HK H)]; apply andb_true_iff in H; destruct H as [H He].
  - apply andb_true_iff in H; destruct H as [Hl Ht].
    assert (C : forall y, cone_at K y -> 0 < pval y e \/ plain t = true -> 0 <= pval y f).
    { intros y Hy. apply (cells_ok_nonneg t K (strengthened K ls) [] d e f y Hy (strengthened_at K d ls y Hy Hl)); [intros ? []|exact Ht]. }
    apply orb_true_iff in He. destruct He as [He|He]; [apply C; [exact HK|right; exact He]|].
    destruct s as [s|]; [|discriminate]. apply (everywhere_ok K d e f s x He); [|exact HK]. intros y Hy Hp. apply C; [exact Hy|left; exact Hp].
  - apply orb_true_iff in He. destruct He as [He|He].
    + apply Nat.eqb_eq in He. exact (divided _ _ _ (or_intror He) (averaged_ok K d e f g i x HK H)).
    + destruct s as [s|]; [|discriminate]. apply (everywhere_ok K d e f s x He); [|exact HK].
      intros y Hy Hp. exact (divided _ _ _ (or_introl Hp) (averaged_ok K d e f g i y Hy H)).
Qed.

Definition nonnegative_form (p : program) (F : form) (c : dual) : bool :=
  cone_ok p && inside p F && form_ok F &&
  nonnegative_poly (cone_of p) (dim p) (linear_poly (multiplier_unit c) 1) (form_poly (form_denominator F) F) (dual_way c) (dual_ends c).

Lemma nonnegative_form_at p F c x : nonnegative_form p F c = true -> atom p x -> 0 <= at_form F x.
Proof.
  unfold nonnegative_form. intros H Hx. apply andb_true_iff in H; destruct H as [H Hc]. apply andb_true_iff in H; destruct H as [H Hf].
  apply andb_true_iff in H; destruct H as [Hk Hi].
  apply (nonnegative_poly_ok _ _ _ _ _ _ x (cone_of_at p x Hk Hx)) in Hc. unfold form_ok in Hf.
  rewrite form_poly_val in Hc by exact Hf. generalize (common_pos _ _ Hf). intros. nra.
Qed.

Lemma nonnegative_form_ok p F c : nonnegative_form p F c = true -> forall Y, in_cone p Y -> 0 <= pairing F Y.
Proof.
  intros H. assert (Hi : inside p F = true).
  { unfold nonnegative_form in H. apply andb_true_iff in H; destruct H as [H _]. apply andb_true_iff in H; destruct H as [H _].
    apply andb_true_iff in H; destruct H as [_ H]. exact H. }
  apply (nonnegative_on_cone p F Hi). intros x Hx. exact (nonnegative_form_at p F c x H Hx).
Qed.

(* ---- C − Σ y_i A_i, or −Σ y_i A_i ---- *)

Definition scaled_form (c : Q) (f : form) : form := map (fun t => match t with (v, w, d) => (v, w, (c * d)%Q) end) f.
Definition combined (C : form) (y : list Q) (es : list (form * Q)) : form :=
  C ++ flat_map (fun t => scaled_form (- fst t) (fst (snd t))) (combine y es).
Definition dot (y : list Q) (es : list (form * Q)) : Q := fold_right (fun t s => (fst t * snd (snd t) + s)%Q) 0%Q (combine y es).

Lemma pairing_app f g Y : pairing (f ++ g) Y = pairing f Y + pairing g Y.
Proof. unfold pairing. apply sum_app. Qed.

Lemma pairing_scaled c f Y : pairing (scaled_form c f) Y = Q2R c * pairing f Y.
Proof.
  unfold pairing, scaled_form. rewrite sum_map, <- sum_scale. apply sum_ext. intros [[v w] d] _. rewrite Q2R_mult. ring.
Qed.

Lemma combined_val C y es Y : (forall A b, In (A, b) es -> pairing A Y = Q2R b) ->
  pairing (combined C y es) Y = pairing C Y - Q2R (dot y es).
Proof.
  intros H. unfold combined, dot. rewrite pairing_app. unfold Rminus. f_equal.
  assert (Hc : forall l : list (Q * (form * Q)), (forall t, In t l -> In (snd t) es) ->
    pairing (flat_map (fun t => scaled_form (- fst t) (fst (snd t))) l) Y =
    - Q2R (fold_right (fun t s => (fst t * snd (snd t) + s)%Q) 0%Q l)).
  { induction l as [|[c [A b]] l IH]; intros Hl; cbn [flat_map fold_right fst snd].
    - unfold pairing, Q2R. simpl. ring.
    - rewrite pairing_app, pairing_scaled, IH by (intros; apply Hl; right; assumption).
      rewrite Q2R_plus, Q2R_mult, Q2R_opp, (H A b); [ring|]. apply (Hl (c, (A, b))). left; reflexivity. }
  apply Hc. intros [c [A b]] Hi. apply in_combine_r in Hi. exact Hi.
Qed.

(* ---- bounds ---- *)

Definition lower (p : program) (b : Q) (c : dual) : bool :=
  nonnegative_form p (combined (objective p) (dual_y c) (equations p)) c && Qle_bool b (dot (dual_y c) (equations p)).

Lemma lower_ok p b c : lower p b c = true -> holds (LowerBound p b).
Proof.
  unfold lower. intros H Y [HY He]. apply andb_true_iff in H; destruct H as [H Hb].
  apply (nonnegative_form_ok p _ c H) in HY. rewrite (combined_val _ _ _ Y He) in HY.
  apply Qle_bool_iff, Qle_Rle in Hb. lra.
Qed.

Definition no_feasible (p : program) (c : dual) : bool :=
  nonnegative_form p (combined [] (dual_y c) (equations p)) c && negb (Qle_bool (dot (dual_y c) (equations p)) 0).

Lemma no_feasible_ok p c : no_feasible p c = true -> holds (Infeasible p).
Proof.
  unfold no_feasible. intros H Y [HY He]. apply andb_true_iff in H; destruct H as [H Hb].
  apply (nonnegative_form_ok p _ c H) in HY. rewrite (combined_val _ _ _ Y He) in HY.
  apply negb_true_iff in Hb.
  assert (Hn : ~ (dot (dual_y c) (equations p) <= 0)%Q) by (intros Hq; apply Qle_bool_iff in Hq; congruence).
  apply Qnot_le_lt, Qlt_Rlt in Hn. unfold pairing in HY. simpl in HY.
  replace (Q2R 0) with 0 in Hn by (unfold Q2R; simpl; ring). lra.
Qed.

Definition form_copositive (p : program) (c : dual) : bool := nonnegative_form p (objective p) c.

(* ---- rounded up: <C, Y> is a mixture of multiples of g ---- *)

Record rounding := { home : nat; step : Q; multiple : Z }.

(* x_v is 0 or x_home at every atom: E = c x_v² − c x_v x_home *)
Definition is_binary (h v : nat) (E : form) : bool :=
  match E with
  | [(a, b, c); (a', b', c')] =>
      let square i j := Nat.eqb i v && Nat.eqb j v in
      let cross i j := (Nat.eqb i v && Nat.eqb j h) || (Nat.eqb i h && Nat.eqb j v) in
      negb (Qeq_bool c 0) && Qeq_bool (c + c') 0 && ((square a b && cross a' b') || (cross a b && square a' b'))
  | _ => false
  end.
Definition all_or_none (p : program) (h v : nat) : bool := Nat.eqb v h || existsb (is_binary h v) (vanishing p).
Definition times (g c : Q) : Z := Qnum (Qred (c / g)).
Definition whole_terms (p : program) (h : nat) (g : Q) : bool :=
  forallb (fun t => match t with (v, w, c) =>
    all_or_none p h v && all_or_none p h w && Qeq_bool c (inject_Z (times g c) * g) end) (objective p).

Definition rounded (p : program) (b : Q) (c : dual) (r : rounding) : bool :=
  match equations p with
  | [([(v, w, one)], side)] =>
      Nat.eqb v (home r) && Nat.eqb w (home r) && Qeq_bool one 1 && Qeq_bool side 1 && Z.ltb 0 (Qnum (step r)) &&
      whole_terms p (home r) (step r) && inside p (objective p ++ scaled_form (- (inject_Z (multiple r) * step r)) [(v, w, one)]) &&
      nonnegative_form p (combined (objective p) (dual_y c) (equations p)) c &&
      negb (Qle_bool (dot (dual_y c) (equations p)) (inject_Z (multiple r - 1) * step r)) &&
      Qle_bool b (inject_Z (multiple r) * step r)
  | _ => false
  end.

Lemma Qeq_bool_R a b : Qeq_bool a b = true -> Q2R a = Q2R b.
Proof. intros H. apply Qeq_eqR, Qeq_bool_iff, H. Qed.

Lemma Q2R_whole z : Q2R (inject_Z z) = IZR z.
Proof. unfold Q2R, inject_Z. simpl. field. Qed.

Lemma all_or_none_ok p h v x : atom p x -> all_or_none p h v = true -> x v = 0 \/ x v = x h.
Proof.
  intros (_ & _ & HE) H. unfold all_or_none in H. apply orb_true_iff in H. destruct H as [H|H]; [apply Nat.eqb_eq in H; subst; right; reflexivity|].
  apply existsb_exists in H. destruct H as (E & Hi & H). specialize (HE E Hi). unfold is_binary in H.
  destruct E as [|[[a b] c] [|[[a' b'] c'] [|? ?]]]; try discriminate. apply andb_true_iff in H; destruct H as [H Hs].
  apply andb_true_iff in H; destruct H as [Hc Hsum]. apply Qeq_bool_R in Hsum. rewrite Q2R_plus in Hsum.
  assert (Hn : Q2R c <> 0).
  { intros Z0. apply negb_true_iff in Hc. assert (Q2R c = Q2R 0) by (rewrite Z0; unfold Q2R; simpl; ring).
    apply eqR_Qeq, Qeq_bool_iff in H. congruence. }
  replace (Q2R 0) with 0 in Hsum by (unfold Q2R; simpl; ring).
  unfold at_form, pairing, outer, sum in HE. simpl in HE. apply orb_true_iff in Hs.
  assert (G : Q2R c * (x v * (x v - x h)) = 0).
  { destruct Hs as [Hs|Hs]; apply andb_true_iff in Hs; destruct Hs as [H1 H2].
    - apply andb_true_iff in H1; destruct H1 as [A B]. apply Nat.eqb_eq in A. apply Nat.eqb_eq in B. subst a b.
      apply orb_true_iff in H2. destruct H2 as [H2|H2]; apply andb_true_iff in H2; destruct H2 as [A B];
        apply Nat.eqb_eq in A; apply Nat.eqb_eq in B; subst a' b'; replace (Q2R c') with (- Q2R c) in HE by lra; lra.
    - apply andb_true_iff in H2; destruct H2 as [A B]. apply Nat.eqb_eq in A. apply Nat.eqb_eq in B. subst a' b'.
      apply orb_true_iff in H1. destruct H1 as [H1|H1]; apply andb_true_iff in H1; destruct H1 as [A B];
        apply Nat.eqb_eq in A; apply Nat.eqb_eq in B; subst a b; replace (Q2R c') with (- Q2R c) in HE by lra; lra. }
  apply Rmult_integral in G. destruct G as [G|G]; [contradiction|]. apply Rmult_integral in G. destruct G as [G|G]; [left; exact G|right; lra].
Qed.

Lemma whole_terms_ok p h g x : atom p x -> whole_terms p h g = true ->
  exists k : Z, at_form (objective p) x = IZR k * Q2R g * (x h * x h).
Proof.
  intros Hx H. unfold whole_terms in H. rewrite forallb_forall in H. unfold at_form, pairing, outer.
  induction (objective p) as [|[[v w] c] l IH]; [exists 0%Z; simpl; ring|].
  destruct IH as (k & Hk); [intros; apply H; right; assumption|].
  specialize (H _ (or_introl eq_refl)). cbv beta iota in H. apply andb_true_iff in H; destruct H as [H Hc].
  apply andb_true_iff in H; destruct H as [Hv Hw]. apply Qeq_bool_R in Hc. rewrite Q2R_mult, Q2R_whole in Hc.
  apply (all_or_none_ok p h _ x Hx) in Hv. apply (all_or_none_ok p h _ x Hx) in Hw.
  change (sum ?f (?a :: l)) with (f a + sum f l). cbv beta iota. rewrite Hk, Hc.
  destruct Hv as [Hv|Hv]; [exists k; rewrite Hv; ring|]. destruct Hw as [Hw|Hw]; [exists k; rewrite Hw; ring|].
  exists (times g c + k)%Z. rewrite Hv, Hw, plus_IZR. ring.
Qed.

Lemma combined_single C y A b Y : Q2R b = 1 -> pairing (combined C y [(A, b)]) Y = pairing C Y - Q2R (dot y [(A, b)]) * pairing A Y.
Proof.
  intros Hb. assert (Z0 : Q2R 0 = 0) by (unfold Q2R; simpl; ring). unfold combined, dot. destruct y as [|c y].
  - cbn [combine flat_map fold_right]. rewrite app_nil_r, Z0. ring.
  - replace (combine (c :: y) [(A, b)]) with [(c, (A, b))] by (destruct y; reflexivity).
    cbn [flat_map fold_right fst snd]. rewrite app_nil_r, pairing_app, pairing_scaled, Q2R_opp, Q2R_plus, Q2R_mult, Hb, Z0. ring.
Qed.

Lemma rounded_ok p b c r : rounded p b c r = true -> holds (LowerBound p b).
Proof.
  unfold rounded. intros H. destruct (equations p) as [|[A side] es] eqn:Ee; [discriminate|].
  destruct A as [|[[v w] one] A]; [discriminate|]. destruct A; [|discriminate]. destruct es; [|discriminate].
  apply andb_true_iff in H; destruct H as [H Hb]. apply andb_true_iff in H; destruct H as [H Hm]. apply andb_true_iff in H; destruct H as [H Hf].
    apply andb_true_iff in H; destruct H as [H Hin]. apply andb_true_iff in H; destruct H as [H Ht]. apply andb_true_iff in H; destruct H as [H Hg].
    apply andb_true_iff in H; destruct H as [H Hside]. apply andb_true_iff in H; destruct H as [H Hone].
    apply andb_true_iff in H; destruct H as [Hv Hw]. apply Nat.eqb_eq in Hv. apply Nat.eqb_eq in Hw. subst v w.
    apply Qeq_bool_R in Hone. apply Qeq_bool_R in Hside. apply Qle_bool_iff, Qle_Rle in Hb. rewrite Q2R_mult, Q2R_whole in Hb.
    apply Z.ltb_lt in Hg. assert (Hg' : 0 < Q2R (step r)).
    { unfold Q2R. apply Rmult_lt_0_compat; [apply IZR_lt; exact Hg|]. apply Rinv_0_lt_compat, IZR_lt. reflexivity. }
    replace (Q2R 1) with 1 in * by (unfold Q2R; simpl; field).
    apply negb_true_iff in Hm. set (beta := dot (dual_y c) [([(home r, home r, one)], side)]) in *.
    assert (Hn : ~ (beta <= inject_Z (multiple r - 1) * step r)%Q) by (intros Hq; apply Qle_bool_iff in Hq; exact (eq_true_false_abs _ Hq Hm)).
    apply Qnot_le_lt, Qlt_Rlt in Hn. rewrite Q2R_mult, Q2R_whole, minus_IZR in Hn.
    intros Y [HY He]. set (h := home r) in *.
    apply (nonnegative_on_cone p _ Hin) in HY.
    + rewrite pairing_app, pairing_scaled, Q2R_opp, Q2R_mult, Q2R_whole in HY.
      rewrite (He [(h, h, one)] side) in HY by (rewrite Ee; left; reflexivity). rewrite Hside in HY. lra.
    + intros x Hx. unfold at_form.
      assert (Hp : 0 <= pairing (combined (objective p) (dual_y c) [([(h, h, one)], side)]) (outer x)) by exact (nonnegative_form_at p _ c x Hf Hx).
      rewrite pairing_app, pairing_scaled, Q2R_opp, Q2R_mult, Q2R_whole.
      assert (HA : pairing [(h, h, one)] (outer x) = x h * x h) by (unfold pairing, outer, sum; simpl; rewrite Hone; ring).
      assert (Hd : pairing (combined (objective p) (dual_y c) [([(h, h, one)], side)]) (outer x) = pairing (objective p) (outer x) - Q2R beta * (x h * x h)).
      { unfold beta. rewrite <- HA. apply combined_single. exact Hside. }
      rewrite Hd in Hp. rewrite HA. destruct (whole_terms_ok p h (step r) x Hx Ht) as (k & Hk). unfold at_form in Hk. rewrite Hk in *.
      destruct (Req_dec (x h) 0) as [E|E]; [rewrite E; lra|]. assert (Hs : 0 < x h * x h) by nra.
      assert (Hlt : IZR (multiple r) - 1 < IZR k).
      { apply (Rmult_lt_reg_r (Q2R (step r) * (x h * x h))); [apply Rmult_lt_0_compat; assumption|]. nra. }
      assert (Hle : IZR (multiple r) <= IZR k).
      { rewrite <- minus_IZR in Hlt. apply lt_IZR in Hlt. apply IZR_le. lia. }
      assert (0 <= (IZR k - IZR (multiple r)) * (Q2R (step r) * (x h * x h))); [|lra].
      apply Rmult_le_pos; [lra|]. apply Rlt_le, Rmult_lt_0_compat; assumption.
Qed.
