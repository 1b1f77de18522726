// The mathematics that the explorables share, as in softmax_lib and with its letters:
// X (N, D) rows of features, y (N) labels, W (K, D) and b (K) weights and intercepts, z logits, o probabilities.
// tests/test_explorables.py compares every function with softmax_lib, in a browser, to 1e-12.

const sum = (values) => values.reduce((total, value) => total + value, 0);
const dot = (a, b) => a.reduce((total, value, i) => total + value * b[i], 0);

// ------------------------------------------------------------------------------------- functions of logits

/** ln of the sum of exp(z), with the largest logit taken out so that nothing overflows. */
export function logsumexp(z) {
  const largest = Math.max(...z);
  return largest + Math.log(sum(z.map((zk) => Math.exp(zk - largest))));
}

/** The probabilities o (K) of the logits z (K). */
export function softmax(z) {
  const largest = Math.max(...z);
  const powers = z.map((zk) => Math.exp(zk - largest));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** The logarithms of the probabilities; exact where these round to 0. */
export function logSoftmax(z) {
  const whole = logsumexp(z);
  return z.map((zk) => zk - whole);
}

/** Logits of given probabilities: of all those that differ by a common shift, the ones that sum to 0. */
export function logitsOf(o) {
  const logarithms = o.map(Math.log);
  const shift = sum(logarithms) / o.length;
  return logarithms.map((each) => each - shift);
}

/** The Jacobian (K, K): row k, column j is the derivative o_k (delta_kj - o_j) of o_k for z_j. */
export function softmaxJacobian(z) {
  const o = softmax(z);
  return o.map((ok, k) => o.map((oj, j) => ok * ((k === j ? 1 : 0) - oj)));
}

/** The loss of logits z with a label, or with a row of targets that sums to 1. */
export function crossEntropy(z, y) {
  const logarithms = logSoftmax(z);
  return Array.isArray(y) ? -sum(y.map((yk, k) => (yk === 0 ? 0 : yk * logarithms[k]))) : -logarithms[y];
}

/** The gradient o - y of the loss for the logits. */
export function crossEntropyGradient(z, y) {
  return softmax(z).map((ok, k) => ok - (Array.isArray(y) ? y[k] : k === y ? 1 : 0));
}

// ----------------------------------------------------------------------------------------- half precision

/** The number of 16 bits (IEEE 754 binary16) that is nearest to x; ties go to the even one. */
export function half(x) {
  if (!Number.isFinite(x) || x === 0) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), -14);
  const unit = 2 ** (exponent - 10); // the distance between neighbours, down to the subnormal numbers
  const steps = x / unit;
  const below = Math.floor(steps);
  const rest = steps - below;
  const rounded = (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below) * unit;
  return Math.abs(rounded) >= 65520 ? Math.sign(x) * Infinity : rounded;
}

/** The numbers (z_k + c) / T whose softmax is taken, every step rounded by `round`. */
export function shiftedLogits(z, c, T, round = (x) => x) {
  return z.map((zk) => round(round(round(zk) + round(c)) / round(T)));
}

/** Softmax as a formula is typed: exponentials, their sum, the quotients; with the largest logit taken out or not. */
export function softmaxBySteps(z, maximumTrick, round = (x) => x) {
  const rounded = z.map(round);
  const largest = maximumTrick ? Math.max(...rounded) : 0;
  const powers = rounded.map((zk) => round(Math.exp(round(zk - largest))));
  const total = powers.reduce((before, power) => round(before + power), 0);
  return { powers, total, o: powers.map((power) => round(power / total)) };
}

/** Softmax with every step rounded to half precision, with or without the largest logit taken out first. */
export const softmaxInHalf = (z, maximumTrick) => softmaxBySteps(z, maximumTrick, half);

// ------------------------------------------------------------------------------------------ linear algebra

/** The solution of A x = b for a square A, by elimination with pivots; null if A is singular. */
export function solve(A, b) {
  const rows = A.map((row, i) => [...row, b[i]]);
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let r = i + 1; r < n; r++) if (Math.abs(rows[r][i]) > Math.abs(rows[pivot][i])) pivot = r;
    if (!(Math.abs(rows[pivot][i]) > 0)) return null;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let r = i + 1; r < n; r++) {
      const factor = rows[r][i] / rows[i][i];
      if (factor !== 0) for (let c = i; c <= n; c++) rows[r][c] -= factor * rows[i][c];
    }
  }
  const x = new Array(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    x[i] = rows[i][n];
    for (let c = i + 1; c < n; c++) x[i] -= rows[i][c] * x[c];
    x[i] /= rows[i][i];
  }
  return x;
}

/** The largest eigenvalue of a symmetric matrix without negative ones, by powers of it. */
export function largestEigenvalue(A) {
  return largestEigenpair(A).value;
}

/** The same with its eigenvector, of length 1. */
export function largestEigenpair(A) {
  let v = A.map((_, i) => 1 + i / A.length); // not orthogonal to anything in particular
  let value = 0;
  for (let i = 0; i < 100000; i++) {
    const w = A.map((row) => dot(row, v));
    const length = Math.hypot(...w);
    if (length === 0) return { value: 0, vector: v };
    const before = value;
    value = dot(v, w) / dot(v, v);
    v = w.map((each) => each / length);
    if (i > 10 && Math.abs(value - before) <= 1e-16 * value) break;
  }
  return { value, vector: v };
}

// ------------------------------------------------------------------------------------------- the objective

/**
 * J(W, b): the mean cross-entropy of the rows plus alpha/2 times the sum of the squared weights.
 *
 * A point is {W, b, J, O, dW, db}: the weights, the objective, the probabilities (N, K) and the gradient.
 */
export class Objective {
  constructor(X, y, { K, alpha = 0 }) {
    Object.assign(this, { X, y, K, alpha, N: X.length, D: X[0].length });
  }

  zeros() {
    return this.at(Array.from({ length: this.K }, () => new Array(this.D).fill(0)), new Array(this.K).fill(0));
  }

  at(W, b) {
    const { X, y, K, N, D, alpha } = this;
    const dW = W.map((row) => row.map((weight) => alpha * weight));
    const db = new Array(K).fill(0);
    const O = [];
    let loss = 0;
    for (let n = 0; n < N; n++) { // plain loops: they run at every move of a hand
      const x = X[n];
      const z = b.slice();
      for (let k = 0; k < K; k++) for (let d = 0; d < D; d++) z[k] += W[k][d] * x[d];
      loss += logsumexp(z) - z[y[n]];
      const o = softmax(z);
      O.push(o);
      for (let k = 0; k < K; k++) {
        const error = (o[k] - (k === y[n] ? 1 : 0)) / N;
        db[k] += error;
        for (let d = 0; d < D; d++) dW[k][d] += error * x[d];
      }
    }
    return { W, b, O, dW, db, J: loss / N + (alpha / 2) * sum(W.map((row) => dot(row, row))) };
  }

  /** The point one step along -gradient. */
  gradientStep(point, eta) {
    return this.at(
      point.W.map((row, k) => row.map((weight, d) => weight - eta * point.dW[k][d])),
      point.b.map((intercept, k) => intercept - eta * point.db[k]),
    );
  }

  /** J and its slope at the place t of a line through a point; the direction is in the order of the Hessian. */
  along(point, direction, t) {
    const { D } = this;
    const part = (k, d) => direction[k * (D + 1) + d];
    const here = this.at(
      point.W.map((row, k) => row.map((weight, d) => weight + t * part(k, d))),
      point.b.map((intercept, k) => intercept + t * part(k, D)),
    );
    return { J: here.J, slope: dot(direction, here.dW.flatMap((row, k) => [...row, here.db[k]])) };
  }

  /** The second derivatives, (K (D + 1), K (D + 1)): the weights of a class and its intercept, class after class. */
  hessian(point) {
    const { X, K, N, D, alpha } = this;
    const size = K * (D + 1);
    const H = Array.from({ length: size }, () => new Array(size).fill(0));
    for (let n = 0; n < N; n++) {
      const x = [...X[n], 1];
      for (let k = 0; k < K; k++) {
        for (let j = 0; j < K; j++) {
          const weight = (point.O[n][k] * ((k === j ? 1 : 0) - point.O[n][j])) / N;
          for (let d = 0; d <= D; d++) for (let e = 0; e <= D; e++) H[k * (D + 1) + d][j * (D + 1) + e] += weight * x[d] * x[e];
        }
      }
    }
    for (let k = 0; k < K; k++) for (let d = 0; d < D; d++) H[k * (D + 1) + d][k * (D + 1) + d] += alpha;
    return H;
  }

  /** One Newton step, halved until J falls; the same point if it cannot. */
  newtonStep(point) {
    const { K, D } = this;
    const H = this.hessian(point);
    const average = sum(H.map((row, i) => row[i])) / H.length || 1;
    // A common shift of all classes changes no probability, so H is flat along it: bent there, it can be solved.
    for (let k = 0; k < K; k++) for (let j = 0; j < K; j++) for (let d = 0; d <= D; d++) H[k * (D + 1) + d][j * (D + 1) + d] += average / K;
    H.forEach((row, i) => (row[i] += 1e-13 * average));
    const gradient = point.dW.flatMap((row, k) => [...row, point.db[k]]);
    const step = solve(H, gradient);
    if (!step) return point;
    const slope = dot(step, gradient);
    for (let t = 1; t > 1e-6; t /= 2) {
      const next = this.at(
        point.W.map((row, k) => row.map((weight, d) => weight - t * step[k * (D + 1) + d])),
        point.b.map((intercept, k) => intercept - t * step[k * (D + 1) + D]),
      );
      if (next.J < point.J - 1e-4 * t * slope) return next;
    }
    return point;
  }

  /** The bound beta on the curvature: a step of at most 1 / beta never increases J (chapter 6). */
  smoothness() {
    const rows = this.X.map((x) => [...x, 1]);
    const gram = rows[0].map((_, d) => rows[0].map((_, e) => sum(rows.map((x) => x[d] * x[e])) / this.N));
    return largestEigenvalue(gram) / 2 + this.alpha;
  }

  /** The point whose intercept minimises J(W, .), and how far above that minimum J may still be. */
  optimalIntercept(point) {
    const seen = new Set(this.y); // the intercept of a class without rows goes to -infinity, one step after the other
    let missing = 0;
    for (let i = 0; i < 50; i++) {
      const H = point.b.map((_, k) =>
        point.b.map((_, j) => sum(point.O.map((o) => o[k] * ((k === j ? 1 : 0) - o[j]))) / this.N),
      );
      const average = sum(H.map((row, k) => row[k])) / this.K;
      const step = solve(H.map((row) => row.map((value) => value + average / this.K)), point.db);
      if (!step || !step.every(Number.isFinite)) return { point, missing: Infinity };
      const decrement = Math.max(0, dot(step, point.db));
      const steps = step.filter((_, k) => seen.has(k));
      const apart = Math.max(...steps) - Math.min(...steps);
      const moved = (t) => this.at(point.W, point.b.map((intercept, k) => intercept - t * step[k]));
      if (apart < 0.5) missing = decrement;
      // From here on J is too coarse to tell whether a step makes it fall.
      if (decrement <= 2 ** -50 * point.J && apart < 0.5) return { point: moved(1), missing };
      let t = 1;
      let next = moved(t);
      while (!(next.J <= point.J - (t * decrement) / 4) && t > 2 ** -52) next = moved((t /= 2));
      if (!(next.J < point.J)) return { point, missing: apart < 0.5 ? decrement : Infinity };
      point = next;
    }
    return { point, missing: Infinity };
  }

  /** The certificate of chapter 10: J here is at most this far above its minimum; Infinity without a penalty. */
  suboptimality(point) {
    if (this.alpha === 0) return Infinity;
    const best = this.optimalIntercept(point);
    const squares = sum(best.point.dW.map((row) => dot(row, row)));
    return Math.min(point.J, Math.max(point.J - best.point.J, 0) + squares / (2 * this.alpha) + best.missing);
  }
}

/** The features x1, x2 and their squares and product, in the order of scikit-learn's PolynomialFeatures. */
export function quadraticFeatures([x1, x2]) {
  return [x1, x2, x1 * x1, x1 * x2, x2 * x2];
}

// ---------------------------------------------------------------------------------------- decision regions

/**
 * Two numbers for each class, from the logits z: `ahead`, by how much it leads the best of the others (0 on a
 * border), and `odds`, its log-odds against all the others together, at most 40.
 */
export function standing(z) {
  const largest = Math.max(...z);
  const powers = z.map((zk) => Math.exp(zk - largest));
  return z.map((zk, k) => {
    let best = -Infinity;
    let rest = 0;
    for (let j = 0; j < z.length; j++) {
      if (j === k) continue;
      best = Math.max(best, z[j]);
      rest += powers[j];
    }
    return { ahead: zk - best, odds: Math.min(zk - largest - Math.log(rest), 40) };
  });
}

/** The part of a convex polygon [[x1, x2], ...] where a . x + c >= 0. */
export function clip(polygon, a, c) {
  const values = polygon.map((x) => dot(a, x) + c);
  const kept = [];
  polygon.forEach((p, i) => {
    const next = (i + 1) % polygon.length;
    const [f, g] = [values[i], values[next]];
    if (f >= 0) kept.push(p);
    if (f * g < 0) kept.push(p.map((each, d) => each + ((polygon[next][d] - each) * f) / (f - g)));
  });
  return kept;
}

/** The decision regions of logits W x + b of two features in a rectangle: a convex polygon a class, [] if it is empty. */
export function decisionPolygons(W, b, [[left, right], [bottom, top]]) {
  return W.map((_, k) => {
    let polygon = [[left, bottom], [right, bottom], [right, top], [left, top]];
    W.forEach((row, j) => {
      if (j !== k) polygon = clip(polygon, W[k].map((weight, d) => weight - row[d]), b[k] - b[j]);
    });
    return polygon.length > 2 ? polygon : [];
  });
}

// --------------------------------------------------------------------------------------------- calibration

/** The mean loss of many rows of logits (N, K), each divided by the temperature. */
export function lossAtTemperature(logits, labels, temperature) {
  return sum(logits.map((z, n) => crossEntropy(z.map((zk) => zk / temperature), labels[n]))) / labels.length;
}

/**
 * The reliability diagram: for each of n bins of the confidence {size, says, isRight}, the number of rows,
 * their mean confidence and the share that is classified correctly; and the error, the mean distance of the two.
 */
export function reliability(logits, labels, temperature, bins = 10) {
  const diagram = Array.from({ length: bins }, () => ({ size: 0, says: 0, isRight: 0 }));
  logits.forEach((z, n) => {
    const o = softmax(z.map((zk) => zk / temperature));
    const confidence = Math.max(...o);
    const bin = diagram[Math.min(Math.floor(confidence * bins), bins - 1)];
    bin.size += 1;
    bin.says += confidence;
    bin.isRight += o.indexOf(confidence) === labels[n] ? 1 : 0;
  });
  for (const bin of diagram) {
    bin.says /= bin.size || 1;
    bin.isRight /= bin.size || 1;
  }
  const error = sum(diagram.map((bin) => bin.size * Math.abs(bin.says - bin.isRight))) / labels.length;
  return { diagram, error };
}

/**
 * The temperature from `lowest` to `highest` with the smallest loss. The loss is convex in t = 1 / T and its slope
 * there is the mean of the expected logit minus that of the true class (chapter 12), so halving intervals finds it.
 */
export function bestTemperature(logits, labels, lowest = 0.25, highest = 8) {
  const slope = (T) =>
    sum(logits.map((z, n) => dot(softmax(z.map((zk) => zk / T)), z) - z[labels[n]])) / labels.length;
  let [cold, hot] = [Math.log(lowest), Math.log(highest)];
  if (slope(lowest) <= 0) return lowest;
  if (slope(highest) >= 0) return highest;
  for (let i = 0; i < 60; i++) {
    const middle = (cold + hot) / 2;
    if (slope(Math.exp(middle)) > 0) cold = middle;
    else hot = middle;
  }
  return Math.exp((cold + hot) / 2);
}
