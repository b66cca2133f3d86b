-- The shop is open while this is built.
CREATE INDEX CONCURRENTLY "orders_customer_id_placed_at_idx" ON "orders"("customer_id", "placed_at" DESC);
